//! Detects plain text, gzip or zstd by the first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::TraceError;

const BUFFER: usize = 64 << 10;

/// How many bytes are inspected to detect the format.
const START: u64 = 8 << 10;

/// The decompressed text, and its compression format (for messages).
pub(crate) struct Source<'a> {
    /// The text.
    pub(crate) text: Box<dyn BufRead + 'a>,
    /// `gzip`, `zstd`, or nothing.
    pub(crate) format: Option<&'static str>,
}

/// Detects the format by the first bytes and sets up the decoder.
///
/// A gzip file may have several members and a zstd file several frames, as concatenation creates them.
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

/// Converts an I/O error of the stream at this line.
pub(crate) fn failure(source: io::Error, format: Option<&'static str>, name: &str, line: u64) -> TraceError {
    let path = name.to_owned();
    match format {
        Some(format) if source.kind() == io::ErrorKind::UnexpectedEof => {
            TraceError::Truncated { path, line, format }
        }
        // Decoders create their own errors; errors of the operating system have an error number.
        Some(format) if source.raw_os_error().is_none() => {
            TraceError::Damaged { path, line, format, reason: source.to_string() }
        }
        _ => TraceError::Unreadable { path, source },
    }
}
