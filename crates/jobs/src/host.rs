//! What the program that runs a job hands in: everything that a job may not find out by itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::{Note, Progress, Silent, Stage, Work};

/// The program that runs a job, as the job sees it.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    /// Who listens.
    pub progress: &'a dyn Progress,
    /// Folder for scratch files: they hold persons, and go when the job ends.
    pub scratch: &'a Path,
    /// Number of threads, at least 1.
    pub threads: usize,
}

impl Host<'_> {
    /// The same host with nobody listening.
    pub fn silent(&self) -> Host<'_> {
        Host { progress: &Silent, ..*self }
    }

    /// A piece of work begins.
    pub fn begin(&self, work: Work) -> Box<dyn Stage + '_> {
        self.progress.begin(work)
    }

    /// A note to the user.
    pub fn note(&self, note: Note) {
        self.progress.note(note);
    }
}

/// A folder for scratch files that is removed when the job ends.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// A new folder under another, with the first free name.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn under(folder: &Path) -> Result<Scratch> {
        let mut place = 0;
        loop {
            let path = folder.join(format!("samspill-{place}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => place += 1,
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to make {}", path.display()));
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
