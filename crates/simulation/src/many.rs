//! Many laws on the same cells: laws that decide every contact alike, and find the same days payable, share one
//! decision and are priced side by side.

use std::sync::atomic::{AtomicUsize, Ordering};

use rulebook::law::{Deciding, Reading};
use settlement::cells::Cells;
use settlement::price::AsIs;
use settlement::{Law, SettleError};

use crate::consequence::{Whole, by_group_code};

/// Number of laws that a thread takes at a time.
const PIECE: usize = 16;

/// Laws that decide alike and find the same days payable.
struct Alike {
    deciding: Deciding,
    /// Place among the readings.
    reading: usize,
    /// Places among the laws.
    laws: Vec<usize>,
}

/// Prices each law under unchanged behaviour. The results stand in the order of the laws.
///
/// # Errors
/// Fails if the cells lack what a law needs, or if a value of a law is missing.
pub fn price_all(cells: &Cells, laws: &[&Law], threads: usize) -> Result<Vec<Whole>, SettleError> {
    let (mut alike, mut readings): (Vec<Alike>, Vec<(Reading, usize)>) = (Vec::new(), Vec::new());
    for (place, law) in laws.iter().enumerate() {
        let (deciding, reading) = (Deciding::of(law), Reading::of(law));
        let known = readings.iter().position(|(known, _)| *known == reading);
        let reading = known.unwrap_or_else(|| {
            readings.push((reading, place));
            readings.len() - 1
        });
        let same = |one: &&mut Alike| one.reading == reading && one.deciding == deciding;
        match alike.iter_mut().find(same) {
            Some(one) => one.laws.push(place),
            None => alike.push(Alike { deciding, reading, laws: vec![place] }),
        }
    }
    // Deciding takes as long as pricing. Each group of laws in `alike`, and each distinct reading of days, is therefore
    // a piece of work of its own.
    let decided = each(alike.len(), threads, |place| cells.decided(laws[alike[place].laws[0]], &AsIs))?;
    let days = each(readings.len(), threads, |place| Ok(cells.payable(laws[readings[place].1])))?;
    let mut out: Vec<Option<Whole>> = laws.iter().map(|_| None).collect();
    let chunks = |(key, one): (usize, &'_ Alike)| -> Vec<(usize, Vec<usize>)> {
        one.laws.chunks(PIECE).map(|piece| (key, piece.to_vec())).collect()
    };
    let pieces: Vec<(usize, Vec<usize>)> = alike.iter().enumerate().flat_map(chunks).collect();
    let priced = each(pieces.len(), threads, |at| {
        let (key, piece) = &pieces[at];
        let of: Vec<&Law> = piece.iter().map(|place| laws[*place]).collect();
        decided[*key].price(&of, &days[alike[*key].reading], &AsIs)
    })?;
    for ((key, places), priced) in pieces.iter().zip(priced) {
        for (place, sums) in places.iter().zip(priced) {
            let (contacts, untested) =
                (decided[*key].contacts.clone(), by_group_code(&decided[*key].untested));
            let waiting = days[alike[*key].reading].stays.clone();
            out[*place] = Some(Whole { sums, contacts, waiting, untested });
        }
    }
    let priced: Vec<Whole> = out.into_iter().flatten().collect();
    assert_eq!(priced.len(), laws.len(), "a thread that prices was lost");
    Ok(priced)
}

/// Does `count` pieces of work on `threads` threads, and returns the results in order.
fn each<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T, SettleError> + Sync,
) -> Result<Vec<T>, SettleError> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return done;
            }
            done.push((place, work(place)));
        }
    };
    let mut all: Vec<(usize, Result<T, SettleError>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.clamp(1, count.max(1))).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    assert_eq!(all.len(), count, "a thread that prices was lost");
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}
