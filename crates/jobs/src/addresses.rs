//! Addresses of parties: organisation numbers, accounts, references and contact persons, which a sender knows and a
//! ledger does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::Register;
use domain::identifier::{is_account, is_organisation};
use domain::statement::Address;
use words::message;

use crate::failure::{Failure, Result, fail};
use crate::table::shaped;

/// Word in the column `party` of the sender's own row.
pub const SENDER: &str = "sender";

/// Columns of the table, in order.
pub const COLUMNS: [&str; 8] =
    ["party", "organisation", "account", "reference", "contact", "telephone", "email", "registers"];

/// Address of each party that has one.
pub type Addresses = BTreeMap<String, Address>;

/// Reads a workbook or text with the columns [`COLUMNS`]. The first column is the code of a municipality, an
/// organisation number, `state`, or [`SENDER`] (`avsender`); every other cell may be empty.
///
/// # Errors
/// Fails if the file cannot be read, if a row has too many cells or names a party twice, if an organisation number or an
/// account has a wrong check digit, or if a register is unknown.
pub fn read(path: &Path) -> Result<Addresses> {
    let mut out = Addresses::new();
    for (at, cells) in shaped::<8>(path, register::sheet::rows(path)?, &COLUMNS.join(";"), 1)? {
        let mut cells = cells.into_iter();
        let mut next = || cells.next().unwrap_or_default();
        let party = match next() {
            word if ["avsender", "avsendar", SENDER].contains(&word.to_lowercase().as_str()) => {
                SENDER.to_owned()
            }
            // A spreadsheet takes the zero off 0602.
            code if code.len() == 3 && code.bytes().all(|sign| sign.is_ascii_digit()) => format!("0{code}"),
            word => word,
        };
        let number = |text: String| text.replace([' ', '.', '\u{a0}'], "");
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
    Ok(out)
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
