//! All platforms that are known.

use std::path::Path;

use dormouse_text::{FormError, nearest, read_text};

use crate::read::read;
use crate::{Platform, PlatformError};

/// Platforms by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shelf {
    platforms: Vec<Platform>,
}

impl Shelf {
    /// The platforms in these texts, each with the name of the file that it comes from; a text may be based on one before it.
    ///
    /// # Errors
    /// With file, line and fix, when a text is no platform; and when two have one name.
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
    /// When there is none; then with the nearest name.
    pub fn get(&self, name: &str) -> Result<&Platform, PlatformError> {
        self.platforms.iter().find(|platform| platform.name == name).ok_or_else(|| {
            let names = self.platforms.iter().map(|platform| platform.name.as_str());
            PlatformError::Unknown { name: name.to_owned(), advice: nearest::advice(name, names) }
        })
    }

    /// The platform in a user's own file, based on one of these if it says so.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`read`](Self::read).
    pub fn load(&self, path: &Path) -> Result<Platform, PlatformError> {
        let origin = path.display().to_string();
        self.read(&read_text(path)?, &origin)
    }

    /// The platform in a text, based on one of these if it says so; `origin` stands for the file in messages.
    ///
    /// # Errors
    /// With file, line and fix, when a key is unknown (then with the nearest known name), a field is missing here and in the
    /// base, or a value is none that a platform can have.
    pub fn read(&self, text: &str, origin: &str) -> Result<Platform, PlatformError> {
        read(text, origin, self)
    }

    /// The highest price of an hour running that is known of any of them: what an unknown one is at most.
    #[must_use]
    pub fn highest_running_per_hour(&self) -> f64 {
        let known = self.platforms.iter().filter_map(|platform| platform.price.running_per_hour.value());
        known.map(|price| price.high).fold(0.0, f64::max)
    }
}
