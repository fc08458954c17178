//! Reading a policy: strictly, because a misspelt rule would be one that does not hold.

use super::{MOST_PATTERNS, Pattern, Policy, Rule, Section, section_name};
use crate::error::{Code, Defect, Error, Reason};
use crate::fields;
use crate::identity::{CertType, Kind};
use crate::names::shown;
use crate::yaml::{self, Dialect, Mark, Node};

impl Policy {
    /// Reads a policy. `place` names the file in messages.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        read(bytes, place).map_err(|defect| defect.within(place).code(Code::InvalidArgs))
    }
}

const SECTIONS: [Kind; 3] = [Kind::Site, Kind::Server, Kind::User];

fn read(bytes: &[u8], place: &str) -> Result<Policy, Defect> {
    let root = yaml::parse(bytes, Dialect::Local)?;
    fields::mapping(&root, "the policy")?;
    expect_only(&root, &SECTIONS.map(section_name))?;
    Ok(Policy {
        place: place.to_owned(),
        client: section(&root, Kind::Site)?,
        server: section(&root, Kind::Server)?,
        user: section(&root, Kind::User)?,
    })
}

fn section(root: &Node, kind: Kind) -> Result<Option<Section>, Defect> {
    let name = section_name(kind);
    if root.get(name).is_none() {
        return Ok(None);
    }
    let node = fields::mapping(fields::required(root, name)?, name)?;
    let mut known = vec!["orgs", "names", "key_bits", "max_valid_days"];
    match kind {
        Kind::Site => {}
        Kind::Server => known.push("sans"),
        Kind::User => known.push("roles"),
    }
    expect_only(node, &known)?;
    let of = |kind_of_rule: Kind| kind == kind_of_rule;
    Ok(Some(Section {
        orgs: list(node, name, "orgs", |text| Pattern::parse(text, in_org))?,
        names: list(node, name, "names", |text| Pattern::parse(text, in_name))?,
        roles: of(Kind::User).then(|| list(node, name, "roles", role)).transpose()?,
        sans: of(Kind::Server).then(|| list(node, name, "sans", alt_name)).transpose()?,
        key_bits: match node.get("key_bits") {
            None => None,
            Some(_) => Some(items(node, name, "key_bits", number)?),
        },
        max_valid_days: {
            let key = format!("{name}.max_valid_days");
            let says = number(fields::required(node, "max_valid_days")?, &key)?;
            Rule { at: key_mark(node, "max_valid_days"), says }
        },
    }))
}

/// A key that means nothing is no rule, and whoever wrote it believes that it is one.
fn expect_only(node: &Node, known: &[&'static str]) -> Result<(), Defect> {
    let Some((key, name, meant)) = fields::unknown(node, known).next() else { return Ok(()) };
    // What the sections are called elsewhere: in definitions, and in words.
    let elsewhere = match name {
        "admin" | "admins" => Some(section_name(Kind::User)),
        "site" | "sites" => Some(section_name(Kind::Site)),
        _ => None,
    };
    let meant = elsewhere.filter(|section| known.contains(section)).or(meant);
    let meant = meant.map_or_else(
        || format!("there are {}", known.join(", ")),
        |meant| format!("did you mean '{meant}'?"),
    );
    let message = format!("the field {} means nothing here; {meant}", shown(name));
    Err(fields::at(key, Defect::new(Reason::FieldNotAccepted, message)))
}

/// A list of texts.
fn list<T>(
    section: &Node,
    name: &str,
    key: &str,
    parse: impl Fn(&str) -> Result<T, Defect>,
) -> Result<Rule<Vec<T>>, Defect> {
    items(section, name, key, |item, key| fields::parsed(item, key, &parse))
}

fn items<T>(
    section: &Node,
    name: &str,
    key: &str,
    parse: impl Fn(&Node, &str) -> Result<T, Defect>,
) -> Result<Rule<Vec<T>>, Defect> {
    let node = fields::required(section, key)?;
    let path = format!("{name}.{key}");
    let items = node.as_sequence().ok_or_else(|| fields::wrong(node, &path, "a list"))?;
    if items.len() > MOST_PATTERNS {
        let message = format!("'{path}' has {} items, more than {MOST_PATTERNS}", items.len());
        return Err(fields::at(node, Defect::new(Reason::FieldValue, message)));
    }
    let says = items.iter().map(|item| parse(item, &path)).collect::<Result<_, _>>()?;
    Ok(Rule { at: key_mark(section, key), says })
}

/// Where a rule begins: its key, which may stand on another line than its value.
fn key_mark(section: &Node, key: &str) -> Mark {
    let mut pairs = section.as_mapping().unwrap_or_default().iter();
    pairs.find(|(found, _)| found.as_text() == Some(key)).map(|(key, _)| key.at).unwrap_or_default()
}

fn role(text: &str) -> Result<&'static str, Defect> {
    CertType::parse_role(text).map(CertType::as_str)
}

/// A pattern for alternative names says which kind it is for: an address is no name.
fn alt_name(text: &str) -> Result<Pattern, Defect> {
    let (prefix, in_values): (_, fn(char) -> bool) = match text.split_once(':') {
        Some(("DNS", _)) => ("DNS:", in_dns),
        Some(("IP", _)) => ("IP:", in_ip),
        _ => {
            let message = format!(
                "the pattern {} must begin with 'DNS:' or 'IP:', as subject_alt_names shows it",
                shown(text)
            );
            return Err(Defect::new(Reason::PolicyPattern, message));
        }
    };
    Pattern::parse(text.strip_prefix(prefix).unwrap_or_default(), in_values)
        .map(|pattern| pattern.behind(prefix))
}

/// What names, organisations and alternative names consist of.
fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._@-".contains(c)
}

fn in_org(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn in_dns(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-".contains(c)
}

fn in_ip(c: char) -> bool {
    c.is_ascii_hexdigit() || ".:".contains(c)
}

fn number(node: &Node, key: &str) -> Result<u32, Defect> {
    let number = fields::integer(node, key)?;
    u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = format!("'{key}' must be from 1 to {}, but is {number}", u32::MAX);
        fields::at(node, Defect::new(Reason::FieldValue, message))
    })
}
