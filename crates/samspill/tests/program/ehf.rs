//! Invoices and credit notes in EHF against the official rules. The schemas of UBL 2.1 and the rules of EN 16931 are run
//! as they are published; the rules of Peppol, which no package index has, are written here by their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::statement::{Address, Statement};
use domain::{Register, TaxCategory};
use paper::ehf::{Party, Tax, document};
use roxmltree::{Document, Node};
use words::Language;

use super::settlement::{REGIONS, TRUSTS, csv, done, sign, signed, world};
use super::{folder, path, text};

/// Elements below a node that a path of local names leads to.
fn at<'a>(node: Node<'a, 'a>, path: &str) -> Vec<Node<'a, 'a>> {
    path.split('/').fold(vec![node], |nodes, name| {
        nodes
            .iter()
            .flat_map(|node| node.children().filter(move |one| one.has_tag_name_local(name)))
            .collect()
    })
}

trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl Local for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// Trimmed text of the first element at a path; empty if there is none.
fn first<'a>(node: Node<'a, 'a>, path: &str) -> &'a str {
    at(node, path).first().and_then(|node| node.text()).unwrap_or_default().trim()
}

/// An amount in øre.
fn ore(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap()
}

fn lines<'a>(root: Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
    [at(root, "InvoiceLine"), at(root, "CreditNoteLine")].concat()
}

/// Whether nine digits are a Norwegian organisation number.
fn is_mod11(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let weights = [3, 2, 7, 6, 5, 4, 3, 2];
    digits.len() == 9
        && number.len() == 9
        && (11 - weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>() % 11) % 11
            == digits[8]
}

/// Number of a rule of Peppol, and the rule.
type Rule = (&'static str, fn(Node) -> bool);

/// The rules of Peppol BIS Billing 3.0 that can touch these documents.
const PEPPOL: &[Rule] = &[
    ("PEPPOL-EN16931-R001", |root| !first(root, "ProfileID").is_empty()),
    ("PEPPOL-EN16931-R002", |root| at(root, "Note").len() <= 1),
    ("PEPPOL-EN16931-R003", |root| !first(root, "BuyerReference").is_empty()),
    ("PEPPOL-EN16931-R004", |root| {
        first(root, "CustomizationID")
            .starts_with("urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0")
    }),
    ("PEPPOL-EN16931-R007", |root| first(root, "ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"),
    ("PEPPOL-EN16931-R008", |root| {
        let is_empty = |node: Node| {
            !node.children().any(|one| one.is_element()) && node.text().unwrap_or_default().trim().is_empty()
        };
        !root.descendants().filter(Node::is_element).any(is_empty)
    }),
    ("PEPPOL-EN16931-R010", |root| !first(root, "AccountingCustomerParty/Party/EndpointID").is_empty()),
    ("PEPPOL-EN16931-R020", |root| !first(root, "AccountingSupplierParty/Party/EndpointID").is_empty()),
    ("PEPPOL-EN16931-R051", |root| {
        let currency = first(root, "DocumentCurrencyCode");
        root.descendants().filter_map(|node| node.attribute("currencyID")).all(|one| one == currency)
    }),
    ("PEPPOL-EN16931-R053", |root| {
        at(root, "TaxTotal").iter().filter(|node| !at(**node, "TaxSubtotal").is_empty()).count() == 1
    }),
    ("PEPPOL-EN16931-R120", |root| {
        lines(root).into_iter().all(|line| {
            let quantity = [first(line, "InvoicedQuantity"), first(line, "CreditedQuantity")].concat();
            let amount = quantity.parse::<i64>().unwrap() * ore(first(line, "Price/PriceAmount"));
            (amount - ore(first(line, "LineExtensionAmount"))).abs() <= 2
        })
    }),
    ("PEPPOL-EN16931-P0100", |root| {
        !root.has_tag_name_local("Invoice") || first(root, "InvoiceTypeCode") == "380"
    }),
    ("PEPPOL-EN16931-P0101", |root| {
        !root.has_tag_name_local("CreditNote") || first(root, "CreditNoteTypeCode") == "381"
    }),
    ("PEPPOL-COMMON-R041", |root| {
        let numbers = root.descendants().filter(|node| node.attribute("schemeID") == Some("0192"));
        numbers.map(|node| node.text().unwrap_or_default()).all(is_mod11)
    }),
    ("NO-R-001", |root| {
        at(root, "AccountingSupplierParty/Party/PartyTaxScheme")
            .into_iter()
            .filter(|scheme| first(*scheme, "TaxScheme/ID") == "VAT")
            .map(|scheme| first(scheme, "CompanyID"))
            .filter(|number| number.starts_with("NO"))
            .all(|number| number.len() == 14 && is_mod11(&number[2..11]) && number.ends_with("MVA"))
    }),
    // A warning in the published rules.
    ("NO-R-002", |root| {
        at(root, "AccountingSupplierParty/Party/PartyTaxScheme").into_iter().any(|scheme| {
            first(scheme, "TaxScheme/ID") == "TAX" && first(scheme, "CompanyID") == "Foretaksregisteret"
        })
    }),
];

/// Numbers of the rules of Peppol that a document breaks.
fn peppol(xml: &str) -> BTreeSet<&'static str> {
    let document = Document::parse(xml).unwrap();
    let root = document.root_element();
    PEPPOL.iter().filter(|(_, holds)| !holds(root)).map(|(number, _)| *number).collect()
}

/// Numbers of the rules of EN 16931 that each file breaks; `XSD` for a file that is not valid UBL 2.1. Files without a
/// fault are left out.
fn official(files: &[PathBuf]) -> BTreeMap<PathBuf, BTreeSet<String>> {
    #[expect(clippy::disallowed_methods, reason = "the environment holds the place of the program")]
    let python = std::env::var("SAMSPILL_TEST_EHF_PYTHON").unwrap_or_else(|_| {
        unreachable!("SAMSPILL_TEST_EHF_PYTHON is not set: cargo xtask test --install fetches the rules")
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/ehf.py");
    let output = Command::new(python).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut found: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for line in text(&output.stdout).lines() {
        let mut cells = line.split('\t');
        let (file, rule) = (cells.next().unwrap(), cells.next().unwrap());
        found.entry(PathBuf::from(file)).or_default().insert(rule.to_owned());
    }
    found
}

/// The documents of a year with amounts on account, corrections and withdrawals. `mode` is that of the ledger.
fn year(name: &str, mode: &str) -> Vec<PathBuf> {
    let work = folder(name);
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, budget, addresses) =
        (work.join("contacts.csv"), work.join("budget.csv"), work.join("addresses.csv"));
    let contacts = world(29, 300);
    std::fs::write(&file, csv(&contacts)).unwrap();
    let rows: String = TRUSTS.iter().map(|trust| format!("USK;1201;{trust};{}\n", 12 * 20_000)).collect();
    std::fs::write(&budget, format!("instrument;debtor;creditor;kroner\n{rows}")).unwrap();
    let rows: String = TRUSTS
        .iter()
        .chain(&REGIONS)
        .map(|trust| format!("{trust};;1201.01.00001;;Økonomi & regnskap;;;Foretaksregisteret, MVA\n"))
        .collect();
    std::fs::write(
        &addresses,
        format!("party;organisation;account;reference;contact;telephone;email;registers\n1201;;;4711-AB;;;;\n1901;310000019;;;;;;\nstate;310000027;;;;;;\n{rows}"),
    )
    .unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--mode", mode, "--rounding", "kroner"]);
    sign(&ledger, "2012-01-01", &signed(&format!("{name}-law")));
    done(&ledger, "2012-01-01", &["settlement", "on-account", "2012", "--budget", path(&budget)]);
    let mut found = Vec::new();
    for month in 1..=12 {
        let period = format!("2012-{month:02}");
        let now = match month {
            12 => "2013-01-28".to_owned(),
            _ => format!("2012-{:02}-28", month + 1),
        };
        if month == 6 {
            // The file now lacks a third of April's contacts. It still holds contacts of every unit in April, so it
            // covers April, and the contacts that it lacks are withdrawn.
            let kept = contacts.iter().filter(|contact| contact.month != 4 || contact.id % 3 != 0);
            std::fs::write(&file, csv(kept)).unwrap();
            let correct = ["settlement", "correct", "2012-04", "--into", "2012-06", "--accept"];
            done(&ledger, &now, &[&correct[..], &["--contacts", path(&file)]].concat());
        }
        done(&ledger, &now, &["settlement", "run", &period, "--accept", "--contacts", path(&file)]);
        done(&ledger, &now, &["settlement", "close", &period, "--accept"]);
        let out = work.join(&period);
        let order = ["statement", &period, "--as", "ehf,json", "--out", path(&out)];
        done(&ledger, &now, &[&order[..], &["--addresses", path(&addresses)]].concat());
        for entry in std::fs::read_dir(&out).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(!name.starts_with("mangler-ehf"), "{}", std::fs::read_to_string(&file).unwrap());
            found.extend(name.starts_with("ehf-").then_some(file));
        }
    }
    found.sort();
    found
}

/// The documents of a year of decentral invoices, made once for all tests.
fn decentral() -> &'static [PathBuf] {
    static FILES: std::sync::OnceLock<Vec<PathBuf>> = std::sync::OnceLock::new();
    FILES.get_or_init(|| year("ehf-decentral", "decentral"))
}

/// No document of a year breaks a rule, in either mode: invoices, credit notes, credit notes for amounts on account, and
/// documents that correct earlier ones.
#[test]
fn every_document_of_a_year_keeps_the_official_rules() {
    let files = [&year("ehf-law", "as-law")[..], decentral()].concat();
    let read = |file: &Path| std::fs::read_to_string(file).unwrap();
    let count = |part: &str| files.iter().filter(|file| read(file).contains(part)).count();
    assert!(files.len() > 100, "{}", files.len());
    for part in
        ["<Invoice ", "<CreditNote ", "PrepaidAmount", "BillingReference", "unitCode=\"DAY\"", "4711-AB"]
    {
        assert!(count(part) > 0, "no document has {part}");
    }
    for file in &files {
        assert_eq!(peppol(&read(file)), BTreeSet::new(), "{}", file.display());
    }
    assert_eq!(official(&files), BTreeMap::new());
}

/// The other reading of the law, category O (outside the scope of the tax), gives documents that keep the rules too.
/// They name no number in the register of value added tax (BR-O-02). A signed category is said without reservation.
#[test]
fn the_other_tax_category_keeps_the_official_rules() {
    let read = |name: &str| std::fs::read(decentral()[0].with_file_name(name)).unwrap();
    let statement: Statement = serde_json::from_slice(&read("oppgjor-2012-01-1201.json")).unwrap();
    let registers = [Register::Enterprises, Register::Vat].into();
    let party = |organisation: &str, registers| Party {
        name: "En part".to_owned(),
        address: Address { organisation: organisation.to_owned(), registers, ..Address::default() },
    };
    let (seller, buyer) = (party("983974724", registers), party("310000019", BTreeSet::new()));
    let out = folder("ehf-other-category");
    let mut files = Vec::new();
    for (place, payment) in statement.payments.iter().enumerate() {
        let tax = Tax { category: TaxCategory::OutOfScope, is_unsigned: false };
        let xml = document(&statement, payment, &seller, &buyer, Some(tax), Language::Nb).unwrap();
        assert!(xml.contains("<cbc:ID>O</cbc:ID>") && !xml.contains("MVA<"), "{xml}");
        assert!(xml.contains("Uten merverdiavgift.<"), "{xml}");
        assert_eq!(peppol(&xml), BTreeSet::new());
        files.push(out.join(format!("{place}.xml")));
        std::fs::write(&files[place], xml).unwrap();
    }
    assert!(!files.is_empty());
    assert_eq!(official(&files), BTreeMap::new());
}

/// `xml` with the first `from` replaced by `to`.
fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replacen(from, to, 1)
}

/// The first element with a tag.
fn tagged(xml: &str, tag: &str) -> String {
    let from = xml.find(&format!("<{tag}")).unwrap();
    let to = xml[from..].find(&format!("</{tag}>")).unwrap() + from + tag.len() + 3;
    xml[from..to].to_owned()
}

/// `xml` without the first element with a tag.
fn without(xml: &str, tag: &str) -> String {
    swap(xml, &tagged(xml, tag), "")
}

/// `xml` without any element with a tag.
fn without_any(xml: &str, tag: &str) -> String {
    let mut xml = xml.to_owned();
    while xml.contains(&format!("<{tag}")) {
        xml = without(&xml, tag);
    }
    xml
}

fn nok(tag: &str, amount: &str) -> String {
    format!("<cbc:{tag} currencyID=\"NOK\">{amount}</cbc:{tag}>")
}

/// Documents, each breaking one rule of Peppol.
fn against_peppol(invoice: &str, credit: &str) -> Vec<(&'static str, String)> {
    let supplier = tagged(invoice, "cac:AccountingSupplierParty");
    let customer = tagged(invoice, "cac:AccountingCustomerParty");
    let unaddressed = |party: &str| swap(invoice, party, &without(party, "cbc:EndpointID"));
    let price = tagged(invoice, "cbc:PriceAmount");
    let empty = "<cbc:AccountingCost/><cac:InvoicePeriod>";
    vec![
        ("PEPPOL-EN16931-R001", without(invoice, "cbc:ProfileID")),
        ("PEPPOL-EN16931-R002", swap(invoice, "<cbc:Note>", "<cbc:Note>a</cbc:Note><cbc:Note>")),
        ("PEPPOL-EN16931-R003", without(invoice, "cbc:BuyerReference")),
        ("PEPPOL-EN16931-R004", swap(invoice, "poacc:billing:3.0", "poacc:billing:2.0")),
        ("PEPPOL-EN16931-R007", swap(invoice, "billing:01:1.0", "billing:1:1.0")),
        ("PEPPOL-EN16931-R008", swap(invoice, "<cac:InvoicePeriod>", empty)),
        ("PEPPOL-EN16931-R010", unaddressed(&customer)),
        ("PEPPOL-EN16931-R020", unaddressed(&supplier)),
        ("PEPPOL-EN16931-R051", swap(invoice, "currencyID=\"NOK\"", "currencyID=\"SEK\"")),
        ("PEPPOL-EN16931-R053", without(invoice, "cac:TaxTotal")),
        ("PEPPOL-EN16931-R120", swap(invoice, &price, &nok("PriceAmount", "1.00"))),
        ("PEPPOL-EN16931-P0100", swap(invoice, ">380<", ">383<")),
        ("PEPPOL-EN16931-P0101", swap(credit, ">381<", ">380<")),
        ("PEPPOL-COMMON-R041", swap(invoice, "schemeID=\"0192\">", "schemeID=\"0192\">1")),
        ("NO-R-001", swap(invoice, "MVA<", "<")),
        ("NO-R-002", invoice.replace("Foretaksregisteret", "-")),
    ]
}

/// Documents, each breaking one rule of EN 16931, or the schema.
fn against_the_standard(invoice: &str) -> Vec<(&'static str, String)> {
    let supplier = tagged(invoice, "cac:AccountingSupplierParty");
    let nameless = without_any(&without(&supplier, "cbc:EndpointID"), "cbc:CompanyID");
    let inclusive = tagged(invoice, "cbc:TaxInclusiveAmount");
    vec![
        ("BR-16", without_any(invoice, "cac:InvoiceLine")),
        ("BR-CO-15", swap(invoice, &inclusive, &nok("TaxInclusiveAmount", "1.00"))),
        ("BR-CO-26", swap(invoice, &supplier, &nameless)),
        ("BR-E-02", swap(invoice, &supplier, &without_any(&supplier, "cac:PartyTaxScheme"))),
        ("BR-E-10", without(invoice, "cbc:TaxExemptionReason")),
        ("XSD", swap(invoice, "<cbc:ProfileID>", "<cbc:Profile>a</cbc:Profile><cbc:ProfileID>")),
    ]
}

/// A document that breaks a rule is found by that rule, so that the test above can fail.
#[test]
fn each_rule_is_broken_by_a_document_that_breaks_it() {
    let files = decentral();
    let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    let with = |part: &str| files.iter().map(read).find(|xml| xml.contains(part)).unwrap();
    let (invoice, credit) = (with("unitCode=\"DAY\""), with("<CreditNote "));
    let tried = against_peppol(&invoice, &credit);
    assert_eq!(
        tried.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(),
        PEPPOL.iter().map(|(rule, _)| *rule).collect::<Vec<_>>()
    );
    for (rule, xml) in tried {
        assert!(peppol(&xml).contains(rule), "{rule}: {:?}", peppol(&xml));
    }
    let out = folder("ehf-broken-official");
    let broken = against_the_standard(&invoice);
    let files: Vec<PathBuf> = broken.iter().map(|(rule, _)| out.join(format!("{rule}.xml"))).collect();
    for (file, (_, xml)) in files.iter().zip(&broken) {
        std::fs::write(file, xml).unwrap();
    }
    let found = official(&files);
    for (file, (rule, _)) in files.iter().zip(&broken) {
        assert!(found.get(file).is_some_and(|rules| rules.contains(*rule)), "{rule}: {:?}", found.get(file));
    }
}
