//! The collection of known platforms.

use std::path::Path;

use dormouse_text::{FormError, nearest, read_text};

use crate::platform::read::read;
use crate::platform::{Platform, PlatformError};

/// A collection of platforms, each found by its name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shelf {
    platforms: Vec<Platform>,
}

impl Shelf {
    /// Reads the platforms from these pairs of file name and text. A text may use an earlier one as its base.
    ///
    /// # Errors
    /// When a text is not a valid platform (with file, line and fix), and when two platforms have the same name.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, PlatformError> {
        let mut shelf = Self::default();
        for (origin, text) in files {
            let platform = read(text, origin, &shelf)?;
            if shelf.get(&platform.name).is_ok() {
                let problem = format!("there already is a platform {:?}", platform.name);
                let fix = "give it another name".to_owned();
                return Err(FormError::File { origin: origin.to_owned(), line: 1, problem, fix }.into());
            }
            shelf.platforms.push(platform);
        }
        Ok(shelf)
    }

    /// All of them, in the order in which they were given.
    #[must_use]
    pub fn all(&self) -> &[Platform] {
        &self.platforms
    }

    /// The platform called `name`.
    ///
    /// # Errors
    /// When there is no such platform. The error names the nearest one.
    pub fn get(&self, name: &str) -> Result<&Platform, PlatformError> {
        self.platforms.iter().find(|platform| platform.name == name).ok_or_else(|| {
            let names = self.platforms.iter().map(|platform| platform.name.as_str());
            PlatformError::Unknown { name: name.to_owned(), advice: nearest::advice(name, names) }
        })
    }

    /// Reads a user's own platform file, which may name one of these platforms as its base.
    ///
    /// # Errors
    /// When the file cannot be read, and those of [`read`](Self::read).
    pub fn load(&self, path: &Path) -> Result<Platform, PlatformError> {
        let origin = path.display().to_string();
        self.read(&read_text(path)?, &origin)
    }

    /// Reads a platform from a text, which may name one of these platforms as its base. Messages name the file as `origin`.
    ///
    /// # Errors
    /// When a key is unknown (then with the nearest known name), when a field is missing both here and in the base, or
    /// when a platform cannot have this value. The error has file, line and fix.
    pub fn read(&self, text: &str, origin: &str) -> Result<Platform, PlatformError> {
        read(text, origin, self)
    }

    /// The highest known price of an hour running among these platforms. It is the upper bound where that price is unknown.
    #[must_use]
    pub fn highest_running_per_hour(&self) -> f64 {
        let known = self.platforms.iter().filter_map(|platform| platform.price.running_per_hour.value());
        known.map(|price| price.high).fold(0.0, f64::max)
    }
}
