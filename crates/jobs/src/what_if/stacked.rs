//! Variants that are laid on top of each other: which contacts each of them charges alone, and which they charge together. A
//! contradiction is refused when the rules are read; a variant that lies within another, or adds to it, is told here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::amount::grouped;
use settlement::Law;
use settlement::cells::{Cells, Group};
use settlement::price::{AsIs, WHOLE};
use simulation::Scenario;
use words::{Message, message};

use crate::failure::Result;
use crate::law::Files;

/// A variant of co-financing, laid on the law alone.
pub struct Alone {
    title: String,
    pub law: Law,
}

/// The variants of co-financing in a scenario, each alone on the law; empty if there are fewer than two.
///
/// # Errors
/// Fails if a variant cannot be read.
pub fn alone(scenario: &Scenario) -> Result<Vec<Alone>> {
    let mut out = Vec::new();
    if scenario.rules.len() < 2 {
        return Ok(out);
    }
    for name in &scenario.rules {
        let book = Files::read(None, &[PathBuf::from(name)])?.book()?;
        let Some(variant) = book.variants().first() else { continue };
        if book
            .rule(&variant.departs_from)
            .is_some_and(|rule| rule.instrument == domain::Instrument::CoFinancing)
        {
            out.push(Alone { title: variant.title.clone(), law: Law::of(&book)? });
        }
    }
    if out.len() < 2 {
        out.clear();
    }
    Ok(out)
}

/// Contacts, in millionths, that a law charges for co-financing, by group.
fn charged(cells: &Cells, law: &Law) -> Result<BTreeMap<Group, i64>> {
    let mut out = BTreeMap::new();
    for ((_, group), (contacts, _)) in cells.decided(law, &AsIs)?.by(law, |group| *group)? {
        *out.entry(group).or_default() += contacts;
    }
    out.retain(|_, contacts| *contacts > 0);
    Ok(out)
}

/// How the variants of a scenario lie to each other and to what they give together, one sentence each. `together` is the law
/// with all of them.
///
/// # Errors
/// Fails if the cells lack what a variant asks for.
pub fn told(cells: &Cells, together: &Law, alone: &[Alone]) -> Result<Vec<Message>> {
    if alone.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<(String, BTreeMap<Group, i64>)> =
        alone.iter().map(|one| Ok((one.title.clone(), charged(cells, &one.law)?))).collect::<Result<_>>()?;
    let count = |groups: &BTreeMap<Group, i64>| shown(groups.values().sum());
    let mut out = Vec::new();
    let empty = all.iter().filter(|(_, groups)| groups.is_empty());
    out.extend(empty.map(|(title, _)| message!("stacked.nothing", title)));
    let all: Vec<(String, BTreeMap<Group, i64>)> =
        all.into_iter().filter(|(_, groups)| !groups.is_empty()).collect();
    for (place, (one, mine)) in all.iter().enumerate() {
        for (other, others) in &all[place + 1..] {
            let both: i64 = mine.iter().filter(|(group, _)| others.contains_key(group)).map(|(_, n)| n).sum();
            let within = |inner: &BTreeMap<Group, i64>| both == inner.values().sum::<i64>();
            out.push(match (within(mine), within(others)) {
                (true, true) => message!("stacked.same", one, other, count = shown(both)),
                (true, false) => message!("stacked.within", inner = one, outer = other, count = shown(both)),
                (false, true) => message!("stacked.within", inner = other, outer = one, count = shown(both)),
                (false, false) if both == 0 => message!("stacked.apart", one, other),
                (false, false) => message!("stacked.overlap", one, other, count = shown(both)),
            });
        }
    }
    if all.is_empty() {
        return Ok(out);
    }
    let found = charged(cells, together)?;
    let is_in = |group: &Group| all.iter().filter(|(_, groups)| groups.contains_key(group)).count();
    let groups: Vec<&Group> = all.iter().flat_map(|(_, groups)| groups.keys()).collect();
    let is_union =
        groups.iter().all(|group| found.contains_key(group)) && found.keys().all(|one| is_in(one) > 0);
    let is_common = found.keys().all(|one| is_in(one) == all.len())
        && groups.iter().all(|group| (is_in(group) == all.len()) == found.contains_key(group));
    let n = count(&found);
    out.push(match all.iter().find(|(_, groups)| *groups == found) {
        Some((title, _)) => message!("stacked.together_as", title, n),
        None if is_union => message!("stacked.together_union", n),
        None if is_common => message!("stacked.together_common", n),
        None => message!("stacked.together_other", n),
    });
    Ok(out)
}

fn shown(millionths: i64) -> String {
    grouped(((millionths + WHOLE / 2) / WHOLE).unsigned_abs())
}
