//! The examples of each command, for its help and its schema, with the names of the documentation.

use crate::environment::ProgramName;

/// The examples of the command with this path ("cert init"), ready to type.
pub fn examples(program: ProgramName, path: &[String]) -> Vec<String> {
    let typed = |line: &&str| match line.strip_prefix(OTHER) {
        Some(line) => line.to_owned(),
        None => format!("{program} {line}"),
    };
    lines(&path.join(" ")).iter().map(typed).collect()
}

/// How a line for another program begins.
const OTHER: &str = "! ";

/// The examples without the program's name.
fn lines(path: &str) -> &'static [&'static str] {
    match path {
        "" => &[
            "cert init --profile project_profile.yaml -o ./ca",
            "cert request --participant hospital-a.yaml",
            "cert approve hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml",
            "package hospital-a.signed.zip --request-dir ./hospital-a --fingerprint SHA256:...",
        ],
        "cert" => &[
            "cert init --profile project_profile.yaml -o ./ca",
            "cert request --participant hospital-a.yaml",
            "cert approve hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml",
        ],
        "cert init" => &[
            "cert init --profile project_profile.yaml -o ./ca",
            "cert init --profile project_profile.yaml -o ./ca --org hospital_central",
            "cert init --profile project_profile.yaml -o ./ca --deploy-version 01 --force",
        ],
        "cert request" => &[
            "cert request --participant hospital-a.yaml",
            "cert request -p ./defs/hospital-a.yaml --out ./requests/hospital-a",
            "cert request --renew ./workspace/hospital_federation/prod_00/hospital-a",
        ],
        "cert approve" => &[
            "cert approve hospital-a.request.zip --ca-dir ./ca --profile project_profile.yaml",
            "cert approve ./requests/hospital-a.request.zip -c ./ca --profile project_profile.yaml \
             --out ./signed/hospital-a.signed.zip",
            "cert approve hospital-a.request.zip -c ./ca --profile project_profile.yaml --review",
            "cert approve hospital-a.request.zip -c ./ca --profile project_profile.yaml \
             --policy policy.yaml --expect-digest fd39-f1b8-8e21-8284-b4e9",
            "cert approve ./requests --out-dir ./signed -c ./ca --profile project_profile.yaml",
            "cert approve ./requests --out-dir ./signed -c ./ca --profile project_profile.yaml \
             --expect-digests digests.txt",
        ],
        "cert deny" => {
            &["cert deny hospital-b.request.zip --ca-dir ./ca --reason 'no contract yet'"]
        }
        "cert revoke" => &[
            "cert revoke hospital-a --ca-dir ./ca --reason key-compromise --note 'laptop stolen'",
            "cert revoke 0x688e73674d48fddf4c98a2c571045e801f256758 -c ./ca --reason superseded",
            "cert revoke --certificate old.crt -c ./ca --reason cessation-of-operation",
        ],
        "cert crl" => &[
            "cert crl --ca-dir ./ca",
            "cert crl -c ./ca --out /etc/nginx/flare/crl.pem --valid-days 7",
        ],
        "cert list" => &[
            "cert list --ca-dir ./ca",
            "cert list -c ./ca --state valid --kind site --sort end",
            "cert list -c ./ca --csv > certificates.csv",
        ],
        "cert expiring" => &[
            "cert expiring --ca-dir ./ca --within 30d",
            "cert expiring -c ./ca --within 52w --ics > certificates.ics",
        ],
        "audit" => &["audit verify --ca-dir ./ca", "audit export --ca-dir ./ca > ledger.jsonl"],
        "audit verify" => &["audit verify --ca-dir ./ca"],
        "audit export" => &[
            "audit export --ca-dir ./ca > ledger.jsonl",
            "audit export -c ./ca --csv > ledger.csv",
        ],
        "policy" | "policy check" => {
            &["policy check policy.yaml hospital-a.request.zip --profile project_profile.yaml"]
        }
        "package" => &[
            "package hospital-a/hospital-a.signed.zip --fingerprint SHA256:...",
            "package hospital-a.signed.zip --request-dir ./hospital-a -w ./workspace \
             --fingerprint SHA256:...",
        ],
        "inspect" => &[
            "inspect hospital-a.request.zip",
            "inspect ./workspace/hospital_federation/prod_00/hospital-a",
        ],
        "verify" => &[
            "verify hospital-a.signed.zip --fingerprint SHA256:...",
            "verify ./workspace/hospital_federation/prod_00/hospital-a --connect",
            "verify ./workspace/hospital_federation/prod_00/hospital-a --crl crl.pem",
        ],
        "completions" => &[
            "completions bash > flarekit.bash",
            "! mkdir -p ~/.local/share/bash-completion/completions",
            "! mv flarekit.bash ~/.local/share/bash-completion/completions/flarekit",
            "! mkdir -p ~/.zfunc",
            "completions zsh > ~/.zfunc/_flarekit",
            "! echo 'fpath+=~/.zfunc; autoload -Uz compinit; compinit' >> ~/.zshrc",
        ],
        _ => &[],
    }
}
