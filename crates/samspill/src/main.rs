//! The program: reads arguments, opens files, runs jobs.

fn main() {}
