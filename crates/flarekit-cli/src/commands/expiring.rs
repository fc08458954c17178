//! `cert expiring`: which certificates end soon.

use flarekit::ca::ledger::{Certificates, IssuedCertificate, LedgerView, Order, State};
use flarekit::error::Error;
use flarekit::time::Timestamp;
use serde_json::json;

use super::list;
use crate::cli::ExpiringArgs;
use crate::environment::Environment;
use crate::output::{Answer, Format, Report, calendar};

/// The exit status when something ends soon: neither success nor a failure to look.
const SOMETHING_ENDS: u8 = 2;

/// Looks ahead.
pub fn run(args: &ExpiringArgs, env: &Environment, format: Format) -> Result<Answer, Error> {
    let view = LedgerView::open(&args.ca_dir)?;
    let end_of_time = Timestamp::from_unix(u64::MAX);
    let until = env.now.plus_days(args.within).unwrap_or(end_of_time);
    let since = env.now.minus_seconds(until.to_unix() - env.now.to_unix());
    let wanted = Certificates {
        states: vec![State::Valid, State::Expired],
        end: Some((since, until)),
        order: Order::End,
        ..Certificates::default()
    };
    let certificates = view.certificates(&wanted, env.now)?;
    let root_ends = view.root().not_after();
    let root = (root_ends <= until).then_some(root_ends);

    // There may be many, so they are put into words for one reader only.
    let json = format == Format::Json;
    let text = if args.ics {
        calendar::text(&events(&view, &certificates, root), env.now)
    } else if json {
        String::new()
    } else {
        root.map(|end| root_line(end, env.now)).unwrap_or_default() + &list::text(&certificates)
    };
    let mut report = Report::default();
    report.field("until", until.to_string());
    report.field("rootca_valid_until", root_ends.to_string());
    report.field("rootca_ends", root.is_some());
    if json {
        report.field("certificates", certificates.iter().map(list::object).collect::<Vec<_>>());
    }
    if args.ics && json {
        report.field("calendar", json!(text));
    }
    report.warnings.extend(view.missing());
    let nothing = certificates.is_empty() && root.is_none();
    Ok(Answer::Listing { text, report, status: if nothing { 0 } else { SOMETHING_ENDS } })
}

fn root_line(end: Timestamp, now: Timestamp) -> String {
    let ends = if end < now { "ended" } else { "ends" };
    format!(
        "The root certificate {ends} {end}, and with it every other one: make a new CA with \
         'cert init --force' and a new --deploy-version in time.\n"
    )
}

fn events(
    view: &LedgerView,
    certificates: &[IssuedCertificate],
    root: Option<Timestamp>,
) -> Vec<calendar::Event> {
    let project = &view.root().subject().common_name;
    let of_root = root.map(|end| calendar::Event {
        id: view.root().serial(),
        at: end,
        summary: format!("{project}: the root certificate ends"),
    });
    let leaves = certificates.iter().map(|certificate| calendar::Event {
        id: certificate.serial.clone(),
        at: certificate.not_after,
        summary: format!(
            "{project}: the certificate of {} ({}) ends",
            certificate.name, certificate.org
        ),
    });
    of_root.into_iter().chain(leaves).collect()
}
