//! Writing of files: a file gets its name only when it is complete, and never replaces a ledger or a private key.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use words::message;

use crate::file_error::FileError;

/// First bytes of an SQLite file. A ledger in a file is such a file.
const SQLITE: &[u8] = b"SQLite format 3\0";
/// First bytes of a private key, which signs checkpoints. It stands in no other file.
pub const PRIVATE_KEY: &str = "PRIVATE+KEY+";

/// Name of a file in the making: beside the file, with `.part` at the end.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

/// Checks that a file may be written at a place.
///
/// # Errors
/// Fails if a database is at the place, since it may be a ledger, or a private key.
pub fn may_be_written(path: &Path) -> Result<(), FileError> {
    let mut start = Vec::new();
    // Only an ordinary file is opened: a pipe would wait for whoever writes to it.
    if std::fs::metadata(path).is_ok_and(|found| found.is_file()) {
        let _ = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    }
    let fault = match () {
        () if start.starts_with(SQLITE) => message!("error.file.is_database"),
        () if start.starts_with(PRIVATE_KEY.as_bytes()) => message!("error.file.is_key"),
        () => return Ok(()),
    };
    Err(FileError::Schema { path: path.to_path_buf(), fault })
}

/// Writes a file, whole or not at all: it is written beside its place and then renamed. If something other than an
/// ordinary file is at the place, such as a pipe, the bytes are written directly to it.
///
/// # Errors
/// Fails if a database is at the place, or if the file cannot be written, for example because the disk is full.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FileError> {
    may_be_written(path)?;
    let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
    let part = if is_special { path.to_path_buf() } else { part_of(path) };
    let fill = || -> std::io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(bytes.as_ref())?;
        file.flush()
    };
    let written = fill().and_then(|()| if is_special { Ok(()) } else { std::fs::rename(&part, path) });
    written.map_err(|error| {
        if !is_special {
            let _ = std::fs::remove_file(&part);
        }
        FileError::Io { path: path.to_path_buf(), error }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe is written to directly. It is not opened for reading first, which would wait for a writer.
    #[test]
    #[cfg(unix)]
    fn a_pipe_is_written_to() {
        let pipe = std::env::temp_dir().join(format!("samspill-pipe-{}", std::process::id()));
        let _ = std::fs::remove_file(&pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, "text").unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        std::fs::remove_file(&pipe).unwrap();
    }

    #[test]
    fn a_file_is_whole_or_not_there_and_a_ledger_stays() {
        let folder = std::env::temp_dir().join(format!("samspill-whole-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("taken.part")).unwrap();
        write(&folder.join("a.csv"), "one").unwrap();
        write(&folder.join("a.csv"), "two").unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("a.csv")).unwrap(), "two");
        // A folder has the name of the file in the making, so the write fails and leaves no file.
        assert!(write(&folder.join("taken"), "half").is_err() && !folder.join("taken").exists());
        let ledger = [SQLITE, b"more"].concat();
        std::fs::write(folder.join("ledger"), &ledger).unwrap();
        assert!(write(&folder.join("ledger"), "text").is_err());
        assert_eq!(std::fs::read(folder.join("ledger")).unwrap(), ledger);
        std::fs::write(folder.join("key"), format!("{PRIVATE_KEY}a.example+1+2")).unwrap();
        assert!(write(&folder.join("key"), "text").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
