//! Startup kits: what the NVFlare runtime starts from.
//!
//! [`KitInputs`] is everything that a kit depends on, [`KitPlan`] every file of it in memory, and
//! [`ProdDir`] the place where it appears at once. Planning touches no disk. Builders of the site's
//! own ([`builders`](crate::builders)) run in between, on a directory out of sight.

mod configuration;
pub(crate) mod content;
mod hosted;
mod inputs;
mod kept;
mod plan;
mod prod;
mod record;
mod running;

pub use content::shell_word;
pub use inputs::KitInputs;
pub use plan::{KitPlan, PlannedFile};
pub use prod::{ProdDir, StartupKit};
