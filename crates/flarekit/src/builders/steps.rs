//! The steps of packaging, in the order in which NVFlare takes them.

/// One step. The folders of a kit are there before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The signed certificate, the key and the root certificate come into the kit.
    Certificates,
    /// The standard files come into the kit; the entry has the arguments.
    StaticFiles {
        /// Where the block lists it.
        entry: Option<usize>,
    },
    /// A class for NVFlare.
    Python {
        /// Where the block lists it.
        entry: usize,
        /// The class.
        path: String,
    },
    /// A program.
    Program {
        /// The program and its arguments.
        words: Vec<String>,
    },
}

impl Step {
    /// A builder of the user's own, for people.
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::Certificates | Self::StaticFiles { .. } => None,
            Self::Python { path, .. } => Some(path.clone()),
            Self::Program { words } => Some(format!("exec {}", words.join(" "))),
        }
    }
}

/// Adds the standard steps that are not listed, where the reference adds them: the certificates
/// first, and the standard files after them (`_build_package_builders` of
/// `nvflare.tool.package.package_commands`).
pub(super) fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    let certificates = match steps.iter().position(|step| *step == Step::Certificates) {
        Some(at) => at,
        None => {
            steps.insert(0, Step::Certificates);
            0
        }
    };
    if !steps.iter().any(|step| matches!(step, Step::StaticFiles { .. })) {
        steps.insert(certificates + 1, Step::StaticFiles { entry: None });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::{Step, in_order};

    const STANDARD: Step = Step::StaticFiles { entry: None };
    const LISTED: Step = Step::StaticFiles { entry: Some(1) };

    fn own() -> Step {
        Step::Program { words: vec!["x".to_owned()] }
    }

    #[test]
    fn standard_steps_that_are_not_listed_come_first() {
        use Step::Certificates;
        for (listed, expected) in [
            (vec![], vec![Certificates, STANDARD]),
            (vec![own()], vec![Certificates, STANDARD, own()]),
            (vec![own(), Certificates], vec![own(), Certificates, STANDARD]),
            (vec![own(), LISTED], vec![Certificates, own(), LISTED]),
            (vec![LISTED, own(), Certificates], vec![LISTED, own(), Certificates]),
        ] {
            assert_eq!(in_order(listed.clone()), expected, "{listed:?}");
        }
    }
}
