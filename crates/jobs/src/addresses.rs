//! Addresses of parties: organisation numbers, accounts, references and contact persons, which a sender knows and a
//! ledger does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::identifier::{is_account, is_organisation};
use domain::statement::Address;
use domain::{Municipalities, Party, Period, Register};
use ledger::months::Months;
use words::{Message, message};

use crate::failure::{About, Failure, Result, fail};
use crate::parties;
use crate::table::shaped;

/// Word in the column `party` of the sender's own row.
pub const SENDER: &str = "sender";

/// Columns of the table, in order.
pub const COLUMNS: [&str; 8] =
    ["party", "organisation", "account", "reference", "contact", "telephone", "email", "registers"];

/// Address of each party that has one.
pub type Addresses = BTreeMap<String, Address>;

/// Reads a workbook or text with the columns [`COLUMNS`]. The first column is a municipality or an organisation by number or
/// by a name that it has in the period, `state`, or [`SENDER`] (`avsender`); every other cell may be empty.
///
/// # Errors
/// Fails if the file cannot be read, if a row has too many cells, names nobody or names a party twice, if an organisation
/// number or an account has a wrong check digit, or if a register is unknown.
pub fn read(path: &Path, period: Period) -> Result<Addresses> {
    let mut out = Addresses::new();
    for (at, cells) in shaped::<8>(path, register::sheet::rows(path)?, &COLUMNS.join(";"), 1)? {
        let mut cells = cells.into_iter();
        let mut next = || cells.next().unwrap_or_default();
        let party = match next() {
            word if ["avsender", "avsendar", SENDER].contains(&word.to_lowercase().as_str()) => {
                SENDER.to_owned()
            }
            word => known(&at, &word, period)?,
        };
        // A spreadsheet writes a number as 86011117947.0.
        let number = |text: String| register::text::code(&text).replace([' ', '.', '\u{a0}'], "");
        let address = Address {
            organisation: number(next()),
            account: number(next()),
            reference: next(),
            contact: next(),
            telephone: next(),
            email: next(),
            registers: registers(&next())
                .map_err(|word| Failure::of(message!("error.addresses.register", at, word)))?,
        };
        let Address { organisation, account, .. } = &address;
        if !organisation.is_empty() && !is_organisation(organisation) {
            fail!("error.addresses.organisation", at, organisation);
        }
        if !account.is_empty() && !is_account(account) {
            fail!("error.addresses.account", at, account);
        }
        if out.insert(party.clone(), address).is_some() {
            fail!("error.addresses.twice", at, party);
        }
    }
    none_shared(&out, period)?;
    Ok(out)
}

/// Fails if two parties have one organisation number, unless both are numbers that a municipality had; or if a municipality
/// has the number of a trust.
fn none_shared(addresses: &Addresses, period: Period) -> Result<()> {
    let (municipalities, decided) = (Municipalities::known()?, Months::default());
    let heir = |party: &str| crate::settlement::heir(&decided, municipalities, party, period.to().month());
    let is_municipality = |party: &str| matches!(Party::of(party), Party::Municipality { .. });
    let mut by_number: BTreeMap<&str, &str> = BTreeMap::new();
    for (party, Address { organisation, .. }) in addresses {
        if party == SENDER || organisation.is_empty() {
            continue;
        }
        let before = by_number.insert(organisation, party);
        let before = before.filter(|other| heir(party) != heir(other));
        let of_trust = is_municipality(party) && parties::is_known(organisation);
        if let Some(other) = before.or(of_trust.then_some(organisation.as_str())) {
            fail!("error.addresses.organisation_of_other", organisation, one = party, other);
        }
    }
    Ok(())
}

/// The party that a cell means.
fn known(at: &str, word: &str, period: Period) -> Result<String> {
    let party = parties::named(word, period).about(|| Message::plain(at))?;
    let is_known = match Party::of(&party) {
        Party::Municipality { code, .. } => parties::need_municipality(&code).is_ok(),
        Party::Organisation(number) => is_organisation(&number) || Party::of(&party).is_synthetic(),
        Party::State | Party::Area(_) => true,
        Party::Clearing | Party::Undecided(_) => false,
    };
    if !is_known {
        fail!("error.addresses.nobody", at, word);
    }
    Ok(party)
}

/// The registers that a cell names, separated by commas or spaces. An unknown word is the error.
fn registers(cell: &str) -> std::result::Result<BTreeSet<Register>, String> {
    let words = cell.split([',', ' ', '+']).filter(|word| !word.is_empty());
    let known = |word: &str| {
        let found = Register::ALL.iter().find(|one| one.word().eq_ignore_ascii_case(word));
        found.copied().ok_or_else(|| word.to_owned())
    };
    words.map(known).collect()
}
