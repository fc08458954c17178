//! Dates as a calendar (iCalendar, RFC 5545).

use std::fmt::Write as _;

use flarekit::time::Timestamp;

/// How long before an event the calendar reminds of it.
const REMINDER: &str = "-P14D";

/// Something that happens on a day.
pub struct Event {
    /// Tells it from others: a calendar that is imported again holds it once.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub summary: String,
}

/// The calendar, written now.
pub fn text(events: &[Event], now: Timestamp) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//flarekit//certificates//EN".to_owned(),
    ];
    for event in events {
        let summary = escaped(&event.summary);
        let day = compact(event.at).chars().take(8).collect::<String>();
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@flarekit", event.id),
            format!("DTSTAMP:{}", compact(now)),
            format!("DTSTART;VALUE=DATE:{day}"),
            format!("SUMMARY:{summary}"),
            "TRANSP:TRANSPARENT".to_owned(),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            format!("DESCRIPTION:{summary}"),
            format!("TRIGGER:{REMINDER}"),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// `20261124T130000Z`.
fn compact(time: Timestamp) -> String {
    time.to_string().replace(['-', ':'], "")
}

/// Text as section 3.3.11 has it.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '\\' | ';' | ',' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\{c}");
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        escaped
    })
}

/// Lines of at most 75 octets (section 3.1).
fn folded(line: &str) -> String {
    const OCTETS: usize = 75;
    let (mut folded, mut length) = (String::new(), 0);
    for c in line.chars() {
        if length + c.len_utf8() > OCTETS {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::{Event, text};
    use flarekit::time::Timestamp;

    #[test]
    fn an_event_is_a_day_with_a_reminder() {
        let summary = format!("a, b; {}", "c".repeat(80));
        let event = Event { id: "0x1".into(), at: Timestamp::from_unix(1_795_417_200), summary };
        let calendar = text(&[event], Timestamp::from_unix(0));
        assert!(calendar.contains("\r\nDTSTART;VALUE=DATE:20261123\r\n"), "{calendar}");
        assert!(calendar.contains("DTSTAMP:19700101T000000Z\r\n"), "{calendar}");
        assert!(calendar.contains("SUMMARY:a\\, b\\; ccc"), "{calendar}");
        assert!(calendar.ends_with("END:VCALENDAR\r\n"));
        assert!(calendar.split("\r\n").all(|line| line.len() <= 75), "{calendar}");
        assert!(!calendar.replace("\r\n", "").contains('\n'));
    }
}
