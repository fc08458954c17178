use super::{Answer, Format, List, Report, Rows, print};
use crate::error::{Failure, Usage};
use flarekit::error::{Code, Error, Reason, Warning, WarningCode};
use serde_json::{Value, json};

fn printed(format: Format, mut outcome: Result<Answer, Failure>) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    print(format, &mut outcome, &mut out, &mut err).unwrap();
    let plain =
        |bytes| anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string();
    (plain(out), plain(err))
}

fn report() -> Report {
    let mut report = Report::default();
    report.field("name", "hospital-a");
    report.field("cert_role", Value::Null);
    report.field("host_names", json!(["10.0.1.50", "fl-server.internal"]));
    report.field("replaced", true);
    report.warnings.push(Warning::new(WarningCode::ValidityClipped, "ends with its root"));
    report
}

#[test]
fn text_has_one_field_a_line_and_the_rest_on_standard_error() {
    let (out, err) = printed(Format::Text, Ok(Answer::Report(report())));
    let fields = "name: hospital-a\ncert_role: \nhost_names: 10.0.1.50, fl-server.internal\n";
    assert_eq!(out, format!("{fields}replaced: true\n"));
    assert_eq!(err, "Warning: ends with its root\n");
}

#[test]
fn lists_have_one_item_a_line() {
    let mut report = Report::default();
    report.list("problems", vec!["one".into(), "two\nok       key: forged".into()]);
    report.list("verified", vec![]);
    let check = |outcome: &str, message: &str| json!({"outcome": outcome, "check": "key", "reason": null, "message": message});
    report.list("checks", vec![check("ok", "fits"), check("skipped", "a\nb")]);
    let (out, _) = printed(Format::Text, Ok(Answer::Report(report)));
    let problems = "problems: one\nproblems: two\\u{a}ok       key: forged\n";
    assert_eq!(out, format!("{problems}ok       key: fits\nskipped  key: a\\u{{a}}b\n"));
}

#[test]
fn a_failure_may_have_a_report() {
    let error = || Error::because(Code::VerifyFailed, Reason::KeyMismatch, "the check failed");
    let failure = || Failure { error: error(), usage: None, report: Some(Box::new(report())) };
    let (out, err) = printed(Format::Text, Err(failure()));
    assert!(out.starts_with("name: hospital-a\n"), "{out}");
    assert!(err.starts_with("Warning: ends with its root\nthe check failed\nHint: "), "{err}");
    let (out, _) = printed(Format::Json, Err(failure()));
    let envelope: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(envelope["error_code"], "VERIFY_FAILED");
    assert_eq!(envelope["data"]["name"], "hospital-a");
    assert_eq!(envelope["data"]["warnings"][0]["code"], "VALIDITY_CLIPPED");
}

#[test]
fn json_is_one_line_and_lists_the_warnings() {
    let (out, err) = printed(Format::Json, Ok(Answer::Report(report())));
    assert_eq!(out.matches('\n').count(), 1);
    assert!(
        out.starts_with(r#"{"schema_version":"1","status":"ok","exit_code":0,"data":{"name":"#)
    );
    let envelope: Value = serde_json::from_str(&out).unwrap();
    let warning = json!({"code": "VALIDITY_CLIPPED", "message": "ends with its root"});
    assert_eq!(envelope["data"]["warnings"], json!([warning]));
    assert_eq!(err, "Warning: ends with its root\n");

    let (out, _) = printed(Format::Json, Ok(Answer::Report(Report::default())));
    let envelope: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(envelope["data"], json!({"warnings": []}));
}

#[test]
fn an_error_says_message_hint_reason_and_code() {
    let error = Error::because(Code::InvalidArgs, Reason::CsrHashMismatch, "the CSR was changed");
    let (out, err) = printed(Format::Text, Err(error.clone().into()));
    assert_eq!(out, "");
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines[0], "the CSR was changed");
    assert!(lines[1].starts_with("Hint: "));
    assert_eq!(lines[2..], ["Reason: CSR_HASH_MISMATCH", "Code: INVALID_ARGS (exit 4)"]);

    let (out, err_in_json) = printed(Format::Json, Err(error.into()));
    let envelope: Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<_> = envelope.as_object().unwrap().keys().cloned().collect();
    let expected =
        ["schema_version", "status", "exit_code", "error_code", "message", "hint", "reason"];
    assert_eq!(keys, expected);
    assert_eq!(err_in_json, err);
}

#[test]
fn a_usage_error_shows_the_usage() {
    let usage = Usage { line: "Usage: x".into(), choices: vec!["a".into()], help: None };
    let error = Error::because(Code::InvalidArgs, Reason::Usage, "no");
    let failure = Err(Failure { error, usage: Some(usage), report: None });
    let (out, err) = printed(Format::Json, failure);
    let envelope: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(envelope["data"], json!({"usage": "Usage: x", "choices": ["a"]}));
    assert!(err.starts_with("Usage: x\n\nno\nHint: "));
}

#[test]
fn foreign_text_cannot_steer_the_terminal_or_forge_a_line() {
    let mut report = Report::default();
    report.field("name", "a\nkey: b\u{1b}[2J\u{202e}");
    let (out, _) = printed(Format::Text, Ok(Answer::Report(report)));
    assert_eq!(out, "name: a\\u{a}key: b\\u{1b}[2J\\u{202e}\n");
    let mut report = Report::default();
    report.field("name", "a\u{9b}2J\u{7f}\u{202e}");
    let (out, _) = printed(Format::Json, Ok(Answer::Report(report)));
    assert!(out.contains(r#""a\u009b2J\u007f\u202e""#), "{out}");
    let envelope: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(envelope["data"]["name"], "a\u{9b}2J\u{7f}\u{202e}");
    let error = Error::new(Code::InvalidName, "name \u{9b}31m\nsecond line");
    let (_, err) = printed(Format::Text, Err(error.into()));
    assert!(err.starts_with("name \\u{9b}31m\\u{a}second line\n"), "{err}");
}

#[test]
fn a_document_is_printed_as_it_is() {
    let document = || Ok(Answer::Document { key: "script", text: "complete\n".to_owned() });
    assert_eq!(printed(Format::Text, document()).0, "complete\n");
    let envelope: Value = serde_json::from_str(&printed(Format::Json, document()).0).unwrap();
    assert_eq!(envelope["data"], json!({"script": "complete\n", "warnings": []}));
}

#[test]
fn a_long_list_is_a_table_a_field_or_comma_separated_values() {
    let list = |mut rows: Rows, names: &[&str]| {
        for name in names {
            rows.add(|| vec![*name, "x\ty", ""], || json!({"name": name, "last": "\u{202e}"}));
        }
        let (before, after) = ("before\n".to_owned(), "after\n".to_owned());
        let report = report();
        Ok(Answer::List(Box::new(List { before, rows, after, report, status: 2 })))
    };
    let heads = ["NAME", "SECOND", "LAST"];
    let of = |format| Rows::of(format, &heads, "items");

    let (out, err) = printed(Format::Text, list(of(Format::Text), &["hospital-a", "b\n"]));
    let lines = "NAME        SECOND   LAST\nhospital-a  x\\u{9}y\nb\\u{a}      x\\u{9}y\n";
    assert_eq!(out, format!("before\n{lines}after\n"));
    assert_eq!(err, "Warning: ends with its root\n");
    let (out, _) = printed(Format::Text, list(of(Format::Text), &[]));
    assert_eq!(out, "before\nafter\n");
    let (out, _) = printed(Format::Text, list(Rows::csv(&heads), &["a,b"]));
    assert_eq!(out, "before\nNAME,SECOND,LAST\r\n\"a,b\",x\ty,\r\nafter\n");

    for names in [vec![], vec!["a"], vec!["a", "b"]] {
        let (out, _) = printed(Format::Json, list(of(Format::Json), &names));
        assert!(out.ends_with("]}}\n") && out.matches('\n').count() == 1, "{out}");
        let envelope: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(envelope["exit_code"], 2);
        assert_eq!(envelope["data"]["name"], "hospital-a");
        let items = envelope["data"]["items"].as_array().unwrap();
        assert_eq!(items.len(), names.len());
        assert!(items.iter().all(|item| item["last"] == "\u{202e}"), "{out}");
        assert!(!out.contains('\u{202e}'), "{out}");
    }
}
