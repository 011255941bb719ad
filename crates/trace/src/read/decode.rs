//! Plain, gzip or zstd: by the first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::TraceError;

const BUFFER: usize = 64 << 10;

/// How much of the file is looked at to tell what it is.
const START: u64 = 8 << 10;

/// Text, decompressed, and what it was compressed with (for messages).
pub(crate) struct Source<'a> {
    /// The text.
    pub(crate) text: Box<dyn BufRead + 'a>,
    /// `gzip`, `zstd`, or nothing.
    pub(crate) format: Option<&'static str>,
}

/// Looks at the first bytes and puts the right decoder in front.
///
/// A gzip file may have several members and a zstd file several frames, as concatenation makes them.
pub(crate) fn open<'a>(mut input: impl Read + 'a, name: &str) -> Result<Source<'a>, TraceError> {
    let mut start = Vec::new();
    input.by_ref().take(START).read_to_end(&mut start).map_err(|source| failure(source, None, name, 1))?;
    let format = match start[..] {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    };
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(input));
    let text: Box<dyn BufRead + 'a> = match format {
        Some("gzip") => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(whole))),
        Some(_) => {
            let decoder =
                zstd::Decoder::with_buffer(whole).map_err(|source| failure(source, format, name, 1))?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
        None => Box::new(whole),
    };
    Ok(Source { text, format })
}

/// What an error of the stream means at this line.
pub(crate) fn failure(source: io::Error, format: Option<&'static str>, name: &str, line: u64) -> TraceError {
    let path = name.to_owned();
    match format {
        Some(format) if source.kind() == io::ErrorKind::UnexpectedEof => {
            TraceError::Truncated { path, line, format }
        }
        // A decoder makes its own errors; those of the operating system carry its number.
        Some(format) if source.raw_os_error().is_none() => {
            TraceError::Damaged { path, line, format, reason: source.to_string() }
        }
        _ => TraceError::Unreadable { path, source },
    }
}
