//! `cert expiring`: which certificates end soon.

use flarekit::ca::ledger::{IssuedCertificate, LedgerView};
use flarekit::error::Error;
use flarekit::time::Timestamp;

use super::list;
use crate::cli::ExpiringArgs;
use crate::environment::Environment;
use crate::output::{Answer, Format, List, Report, calendar};

/// The exit status when something ends soon: neither success nor a failure to look.
const SOMETHING_ENDS: u8 = 2;

/// Looks ahead.
pub fn run(args: &ExpiringArgs, env: &Environment, format: Format) -> Result<Answer, Error> {
    let view = LedgerView::open(&args.ca_dir)?;
    let end_of_time = Timestamp::from_unix(u64::MAX);
    let until = env.now.plus_days(args.within).unwrap_or(end_of_time);
    let root_ends = view.root().not_after();
    let root = (root_ends <= until).then_some(root_ends);
    let mut rows = list::rows(format);
    let mut events: Vec<_> = root.map(|end| event_of_root(&view, end)).into_iter().collect();
    view.ending(until, env.now, &mut |certificate| {
        rows.add(|| list::cells(certificate), || list::object(certificate));
        if args.ics {
            events.push(event(&view, certificate));
        }
    })?;

    let mut report = Report::default();
    report.field("until", until.to_string());
    report.field("rootca_valid_until", root_ends.to_string());
    report.field("rootca_ends", root.is_some());
    report.warnings.extend(view.missing());
    let nothing = rows.count() == 0 && root.is_none();
    let status = if nothing { 0 } else { SOMETHING_ENDS };
    if args.ics {
        let text = calendar::text(&events, env.now);
        if format == Format::Text {
            return Ok(Answer::Listing { text, report, status });
        }
        report.field("calendar", text);
    }
    let before = root.map(|end| root_line(end, env.now)).unwrap_or_default();
    Ok(Answer::List(Box::new(List { before, rows, after: String::new(), report, status })))
}

fn root_line(end: Timestamp, now: Timestamp) -> String {
    let ends = if end < now { "ended" } else { "ends" };
    format!(
        "The root certificate {ends} {end}, and with it every other one: make a new CA with \
         'cert init --force' and a new --deploy-version in time.\n"
    )
}

fn event_of_root(view: &LedgerView, end: Timestamp) -> calendar::Event {
    let project = &view.root().subject().common_name;
    calendar::Event {
        id: view.root().serial(),
        at: end,
        summary: format!("{project}: the root certificate ends"),
    }
}

fn event(view: &LedgerView, certificate: &IssuedCertificate) -> calendar::Event {
    let project = &view.root().subject().common_name;
    calendar::Event {
        id: certificate.serial.clone(),
        at: certificate.not_after,
        summary: format!(
            "{project}: the certificate of {} ({}) ends",
            certificate.name, certificate.org
        ),
    }
}
