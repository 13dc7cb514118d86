//! An invoice or credit note in EHF (Peppol BIS Billing 3.0), for claims that each creditor collects itself.
//!
//! The document has no value added tax. Its tax category is a dated row of the scheme; while nobody has signed the row,
//! a note in the document says so.

use std::collections::BTreeSet;
use std::fmt::Write;

use domain::statement::{Address, Payment, Post, Statement, Tag};
use domain::{Amount, Cause, Register, TaxCategory, identifier};

use crate::text::period;
use crate::view;
use words::{Language, say};

/// A party of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    /// Address. Without an organisation number there is no document.
    pub address: Address,
}

/// Tax category of every line of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    pub category: TaxCategory,
    /// Whether nobody has signed the row that states the category.
    pub is_unsigned: bool,
}

/// Text escaped for XML. Control characters are left out, except tab and line ends.
fn escaped(text: &str) -> String {
    let may_stand = |letter: &char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r');
    let text: String = text.chars().filter(may_stand).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Reason why a payment gives no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing is to be paid.
    NothingToPay,
    /// The statement asks for an amount on account, which the settlement's document subtracts as prepaid.
    OnAccount,
    /// The month is not closed, so the amount may still change.
    Open,
    /// The statement is a draft: if there were a document, the recipient would book it.
    Draft,
    /// The figures are synthetic: if there were a document, the recipient would book it.
    Synthetic,
    /// The seller has no valid organisation number, and so no electronic address.
    Seller,
    /// The buyer has no valid organisation number, and so no electronic address.
    Buyer,
    /// The seller is exempt from tax and in no register that the document could name (BR-E-02).
    Registers,
    /// No row of the scheme states a tax category on the day of issue.
    Category,
}

impl Missing {
    /// Key of the sentence on the reason, in the catalogue.
    pub fn key(self) -> &'static str {
        match self {
            Missing::NothingToPay => "paper.no_ehf_nothing",
            Missing::OnAccount => "paper.no_ehf_on_account",
            Missing::Open => "paper.no_ehf_open",
            Missing::Draft => "paper.no_ehf_draft",
            Missing::Synthetic => "paper.no_ehf_synthetic",
            Missing::Seller => "paper.no_ehf_seller",
            Missing::Buyer => "paper.no_ehf_buyer",
            Missing::Registers => "paper.no_ehf_registers",
            Missing::Category => "paper.no_ehf_category",
        }
    }
}

/// A line of the document.
struct Line {
    text: String,
    /// Quantity in `unit`, above or below zero.
    quantity: i64,
    /// Code of the unit in UN/ECE Recommendation 20: `DAY`, or `C62` («one»).
    unit: &'static str,
    /// Price of one unit, zero or above. The amount is `quantity` × `price`.
    price: Amount,
    amount: Amount,
}

impl Line {
    /// A line with a quantity of one: minus one if the amount is below zero.
    fn one(text: String, amount: Amount) -> Line {
        let quantity = if amount < Amount::ZERO { -1 } else { 1 };
        Line { text, quantity, unit: "C62", price: Amount::from_ore(amount.ore().abs()), amount }
    }

    /// A post as a line: days × price per day if the post has no points and that product is the amount to the øre;
    /// otherwise a quantity of one.
    fn of(post: &Post, amount: Amount, language: Language) -> Line {
        let days = post.days.abs();
        match days != 0 && post.points_milli == 0 && amount.ore() % days == 0 {
            true => {
                let text = view::post_title(post, language);
                let quantity = if amount < Amount::ZERO { -days } else { days };
                let price = Amount::from_ore((amount.ore() / days).abs());
                Line { text, quantity, unit: "DAY", price, amount }
            }
            false => Line::one(line_text(post, amount, language), amount),
        }
    }
}

/// An indented XML document in the making.
struct Xml {
    text: String,
    open: Vec<String>,
}

impl Xml {
    fn leaf(&mut self, name: &str, attributes: &str, value: &str) {
        let indent = "  ".repeat(self.open.len());
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{indent}<{name}{attributes}>{}</{name}>", escaped(value));
    }

    fn group(&mut self, name: &str, inside: impl FnOnce(&mut Xml)) {
        let indent = "  ".repeat(self.open.len());
        let _ = writeln!(self.text, "{indent}<{name}>");
        self.open.push(name.to_owned());
        inside(self);
        self.open.pop();
        let _ = writeln!(self.text, "{indent}</{name}>");
    }

    fn amount(&mut self, name: &str, amount: Amount) {
        self.leaf(name, " currencyID=\"NOK\"", &plain(amount));
    }
}

fn plain(amount: Amount) -> String {
    let ore = amount.ore();
    let sign = if ore < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", ore.unsigned_abs() / 100, ore.unsigned_abs() % 100)
}

/// Checks that nothing is missing. Returns the tax category.
fn complete(
    statement: &Statement,
    payment: &Payment,
    seller: &Party,
    buyer: &Party,
    tax: Option<Tax>,
) -> Result<Tax, Missing> {
    let is_exempt = tax.is_some_and(|tax| tax.category == TaxCategory::Exempt);
    for (is_missing, why) in [
        (payment.amount == Amount::ZERO, Missing::NothingToPay),
        (view::asks_on_account(statement), Missing::OnAccount),
        (!statement.fixed, Missing::Open),
        (statement.tags.contains(&Tag::Draft), Missing::Draft),
        (statement.tags.contains(&Tag::Synthetic), Missing::Synthetic),
        (!identifier::is_organisation(&seller.address.organisation), Missing::Seller),
        (!identifier::is_organisation(&buyer.address.organisation), Missing::Buyer),
        (is_exempt && seller.address.registers.is_empty(), Missing::Registers),
    ] {
        if is_missing {
            return Err(why);
        }
    }
    tax.ok_or(Missing::Category)
}

/// The document as XML. A payment below zero becomes a credit note for its absolute amount.
///
/// # Errors
/// Fails if the payment gives no document, with the reason: see [`Missing`].
pub fn document(
    statement: &Statement,
    payment: &Payment,
    seller: &Party,
    buyer: &Party,
    tax: Option<Tax>,
    language: Language,
) -> Result<String, Missing> {
    let tax = complete(statement, payment, seller, buyer, tax)?;
    let is_credit = payment.amount < Amount::ZERO;
    let sign = |amount: Amount| if is_credit { -amount } else { amount };
    let mut lines: Vec<Line> = statement
        .posts
        .iter()
        .filter(|post| {
            post.counterparty.party == payment.counterparty.party && post.cause != Cause::OnAccount
        })
        .filter(|post| post.amount != Amount::ZERO)
        .map(|post| {
            // What is disputed later does not change a document that was sent.
            let post = Post { disputed: Amount::ZERO, ..post.clone() };
            Line::of(&post, sign(post.amount), language)
        })
        .collect();
    let named: Amount = lines.iter().map(|line| line.amount).sum();
    let (mut prepaid, rounding) = (sign(payment.on_account), sign(payment.rounding));
    // The rest was carried from earlier months: it is neither settled now, nor paid on account, nor rounding.
    let rest = sign(payment.amount) - named + prepaid - rounding;
    if rest != Amount::ZERO {
        lines.push(Line::one(say!(language, "paper.carried", amount = rest.to_string()), rest));
    }
    if lines.is_empty() {
        // The payment returns only what was paid on account. A document needs a line (BR-16), so this amount is its
        // line.
        lines.push(Line::one(language.text("paper.on_account_back"), -prepaid));
        prepaid = Amount::ZERO;
    }
    let (root, code, line) = match is_credit {
        true => ("CreditNote", "381", "cac:CreditNoteLine"),
        false => ("Invoice", "380", "cac:InvoiceLine"),
    };
    let mut xml =
        Xml { text: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), open: Vec::new() };
    let _ = writeln!(
        xml.text,
        "<{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
         xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">"
    );
    xml.open.push(root.to_owned());
    head(&mut xml, statement, payment, (is_credit, code, &buyer.address.reference), tax, language);
    party(&mut xml, "cac:AccountingSupplierParty", seller, Some(tax.category));
    party(&mut xml, "cac:AccountingCustomerParty", buyer, None);
    payment_means(&mut xml, statement, payment, is_credit, &seller.address.account);
    if !is_credit && payment.due.is_none() {
        // What is to be paid has a day or terms of payment (BR-CO-25).
        xml.group("cac:PaymentTerms", |xml| xml.leaf("cbc:Note", "", &language.text("paper.due_none")));
    }
    let total: Amount = lines.iter().map(|line| line.amount).sum();
    tax_total(&mut xml, tax.category, total);
    xml.group("cac:LegalMonetaryTotal", |xml| {
        xml.amount("cbc:LineExtensionAmount", total);
        xml.amount("cbc:TaxExclusiveAmount", total);
        xml.amount("cbc:TaxInclusiveAmount", total);
        if prepaid != Amount::ZERO {
            xml.amount("cbc:PrepaidAmount", prepaid);
        }
        if rounding != Amount::ZERO {
            xml.amount("cbc:PayableRoundingAmount", rounding);
        }
        xml.amount("cbc:PayableAmount", total - prepaid + rounding);
    });
    for (place, one) in lines.iter().enumerate() {
        one_line(&mut xml, (line, is_credit, place + 1), one, tax.category);
    }
    xml.open.pop();
    let _ = writeln!(xml.text, "</{root}>");
    Ok(xml.text)
}

/// Text of a line with a quantity of one: the title, and points or days and rate if there are any. In a credit note, whose
/// amounts have the other sign, the quantity has it too.
fn line_text(post: &Post, amount: Amount, language: Language) -> String {
    let title = view::post_title(post, language);
    let is_turned = (amount < Amount::ZERO) != (post.amount < Amount::ZERO);
    let turned;
    let post = match is_turned {
        true => {
            turned = Post { days: -post.days, points_milli: -post.points_milli, ..post.clone() };
            &turned
        }
        false => post,
    };
    match view::quantity(post, language).as_str() {
        "" => title,
        quantity => format!("{title}: {quantity} ({})", post.rate),
    }
}

/// The payment reference (`KID`) that the payer gives: period, debtor, creditor and a check digit. `None` if the
/// creditor's number does not have nine digits, or if more than 24 digits would stand before the check digit.
pub fn reference(statement: &Statement, payment: &Payment) -> Option<String> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let creditor = digits(&payment.counterparty.party);
    let whole = format!("{}{}{creditor}", digits(&statement.period), digits(&statement.recipient.party));
    (creditor.len() == 9).then(|| identifier::payment_reference(&whole)).flatten()
}

fn head(
    xml: &mut Xml,
    statement: &Statement,
    payment: &Payment,
    (is_credit, code, reference): (bool, &str, &str),
    tax: Tax,
    language: Language,
) {
    xml.leaf(
        "cbc:CustomizationID",
        "",
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    );
    xml.leaf("cbc:ProfileID", "", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0");
    xml.leaf("cbc:ID", "", &payment.reference);
    let issued = statement.issued.unwrap_or(statement.to);
    xml.leaf("cbc:IssueDate", "", &issued.to_string());
    if let (false, Some(due)) = (is_credit, payment.due) {
        xml.leaf("cbc:DueDate", "", &due.to_string());
    }
    xml.leaf(if is_credit { "cbc:CreditNoteTypeCode" } else { "cbc:InvoiceTypeCode" }, "", code);
    let tags: Vec<String> = statement.tags.iter().map(|tag| view::tag(*tag, language).0).collect();
    let vat = language.text(if tax.is_unsigned { "paper.vat_unsigned" } else { "paper.vat_none" });
    let note = format!(
        "{} {} ({}). {vat}",
        language.text("paper.settlement"),
        period(&statement.period, language),
        tags.join(", ")
    );
    xml.leaf("cbc:Note", "", &note);
    xml.leaf("cbc:DocumentCurrencyCode", "", "NOK");
    // An invoice that names neither a reference nor an order is refused. If the buyer has no reference, the number of
    // the statement is written.
    xml.leaf("cbc:BuyerReference", "", if reference.is_empty() { &statement.number } else { reference });
    xml.group("cac:InvoicePeriod", |xml| {
        xml.leaf("cbc:StartDate", "", &statement.from.to_string());
        xml.leaf("cbc:EndDate", "", &statement.to.to_string());
    });
    // Invoices that this document corrects.
    let ours = |post: &&Post| post.counterparty.party == payment.counterparty.party;
    let corrected: BTreeSet<&str> =
        statement.posts.iter().filter(ours).map(|post| post.corrects.as_str()).collect();
    for number in corrected.into_iter().filter(|number| !number.is_empty()) {
        xml.group("cac:BillingReference", |xml| {
            xml.group("cac:InvoiceDocumentReference", |xml| {
                xml.leaf("cbc:ID", "", &format!("{number}-{}", payment.counterparty.party));
            });
        });
    }
}

/// Writes a party. `seller_in` is the tax category of a seller, and `None` for a buyer. Only a seller's registers
/// are written.
fn party(xml: &mut Xml, role: &str, party: &Party, seller_in: Option<TaxCategory>) {
    let Address { organisation, contact, telephone, email, account: _, reference: _, registers } =
        &party.address;
    let known = identifier::is_organisation(organisation);
    xml.group(role, |xml| {
        xml.group("cac:Party", |xml| {
            if known {
                xml.leaf("cbc:EndpointID", " schemeID=\"0192\"", organisation);
            }
            xml.group("cac:PartyName", |xml| xml.leaf("cbc:Name", "", &party.name));
            xml.group("cac:PostalAddress", |xml| {
                xml.group("cac:Country", |xml| xml.leaf("cbc:IdentificationCode", "", "NO"));
            });
            for register in registers {
                let (number, scheme) = match register {
                    // Outside the scope of the tax, a registration number for the tax is refused (BR-O-02).
                    Register::Vat if seller_in == Some(TaxCategory::OutOfScope) => continue,
                    Register::Vat => (format!("NO{organisation}MVA"), "VAT"),
                    Register::Enterprises => (register.word().to_owned(), "TAX"),
                };
                if seller_in.is_some() {
                    xml.group("cac:PartyTaxScheme", |xml| {
                        xml.leaf("cbc:CompanyID", "", &number);
                        xml.group("cac:TaxScheme", |xml| xml.leaf("cbc:ID", "", scheme));
                    });
                }
            }
            xml.group("cac:PartyLegalEntity", |xml| {
                xml.leaf("cbc:RegistrationName", "", &party.name);
                if known {
                    xml.leaf("cbc:CompanyID", " schemeID=\"0192\"", organisation);
                }
            });
            let lines = [("cbc:Name", contact), ("cbc:Telephone", telephone), ("cbc:ElectronicMail", email)];
            if lines.iter().any(|(_, text)| !text.is_empty()) {
                xml.group("cac:Contact", |xml| {
                    for (name, text) in lines.iter().filter(|(_, text)| !text.is_empty()) {
                        xml.leaf(name, "", text);
                    }
                });
            }
        });
    });
}

fn payment_means(xml: &mut Xml, statement: &Statement, payment: &Payment, is_credit: bool, account: &str) {
    let reference = reference(statement, payment);
    if is_credit || (reference.is_none() && account.is_empty()) {
        return;
    }
    xml.group("cac:PaymentMeans", |xml| {
        // Code 30 is a credit transfer, which needs an account; code 1 means «not defined».
        xml.leaf("cbc:PaymentMeansCode", "", if account.is_empty() { "1" } else { "30" });
        if let Some(reference) = reference {
            xml.leaf("cbc:PaymentID", "", &reference);
        }
        if !account.is_empty() {
            xml.group("cac:PayeeFinancialAccount", |xml| xml.leaf("cbc:ID", "", account));
        }
    });
}

/// Writes a tax category. Exempt lines have a rate of zero; lines outside the scope of the tax have no rate.
fn tax_category(xml: &mut Xml, name: &str, category: TaxCategory, reason: bool) {
    xml.group(name, |xml| {
        xml.leaf("cbc:ID", "", category.word());
        if category == TaxCategory::Exempt {
            xml.leaf("cbc:Percent", "", "0");
        }
        if reason {
            xml.leaf("cbc:TaxExemptionReason", "", "Helsetjenester");
        }
        xml.group("cac:TaxScheme", |xml| xml.leaf("cbc:ID", "", "VAT"));
    });
}

fn tax_total(xml: &mut Xml, category: TaxCategory, total: Amount) {
    xml.group("cac:TaxTotal", |xml| {
        xml.amount("cbc:TaxAmount", Amount::ZERO);
        xml.group("cac:TaxSubtotal", |xml| {
            xml.amount("cbc:TaxableAmount", total);
            xml.amount("cbc:TaxAmount", Amount::ZERO);
            tax_category(xml, "cac:TaxCategory", category, true);
        });
    });
}

/// Writes a line. A quantity may be below zero; a price may not.
fn one_line(
    xml: &mut Xml,
    (name, is_credit, number): (&str, bool, usize),
    line: &Line,
    category: TaxCategory,
) {
    xml.group(name, |xml| {
        xml.leaf("cbc:ID", "", &number.to_string());
        let tag = if is_credit { "cbc:CreditedQuantity" } else { "cbc:InvoicedQuantity" };
        xml.leaf(tag, &format!(" unitCode=\"{}\"", line.unit), &line.quantity.to_string());
        xml.amount("cbc:LineExtensionAmount", line.amount);
        xml.group("cac:Item", |xml| {
            xml.leaf("cbc:Name", "", &line.text);
            tax_category(xml, "cac:ClassifiedTaxCategory", category, false);
        });
        xml.group("cac:Price", |xml| xml.amount("cbc:PriceAmount", line.price));
    });
}
