//! What the caller hands in to a job: everything that a job must not find out by itself.

use std::path::{Path, PathBuf};

use crate::failure::{About, Result};
use paper::sheets::Reader;
use words::{Language, message};

use crate::progress::{Note, Progress, Silent, Stage, Work};

/// The caller of a job, as the job sees it.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    pub progress: &'a dyn Progress,
    /// Folder for scratch files. They hold data about persons, and are removed when the job ends.
    pub scratch: &'a Path,
    /// Number of threads, at least 1.
    pub threads: usize,
    /// Language of what people read.
    pub language: Language,
    /// Whether tables are for programs: English keys, decimal points, and amounts in øre.
    pub is_plain: bool,
}

impl Host<'_> {
    /// The same host, with a listener that ignores everything.
    pub fn silent(&self) -> Host<'_> {
        Host { progress: &Silent, ..*self }
    }

    /// For whom tables are written.
    pub fn reader(&self) -> Reader {
        if self.is_plain { Reader::Program } else { Reader::Person(self.language) }
    }

    /// Reports that a piece of work begins.
    pub fn begin(&self, work: Work) -> Box<dyn Stage + '_> {
        self.progress.begin(work)
    }

    /// Passes on a note for the user.
    pub fn note(&self, note: Note) {
        self.progress.note(note);
    }
}

/// A folder for scratch files. It is removed when this value is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// Creates a folder under `folder`, with the first free name of `samspill-0`, `samspill-1` and so on.
    ///
    /// # Errors
    /// Fails if the folder cannot be created.
    pub fn under(folder: &Path) -> Result<Scratch> {
        let mut place = 0;
        loop {
            let path = folder.join(format!("samspill-{place}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => place += 1,
                Err(error) => {
                    return Err(error).about(|| message!("error.file.make", path = path.display()));
                }
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
