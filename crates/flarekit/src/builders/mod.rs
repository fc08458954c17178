//! The `builders:` block of a definition: a site's own steps of packaging. They are local, nobody
//! approves them, and they never leave the machine.
//!
//! The standard builders are native: what they do is in the [`kit`](crate::kit)'s plan. Others run
//! as processes of the user, on a directory out of sight: classes for NVFlare in the user's Python
//! (`host.py`), programs in any language (`exec`). Such a process gets the path of the private key
//! and never its bytes; what it leaves behind is checked before it becomes a kit.

mod block;
mod job;
#[expect(clippy::disallowed_methods, reason = "this is the door to other programs")]
mod process;
mod program;
mod python;
mod steps;

pub use block::Builders;
pub(crate) use block::StaticFileArguments;
pub(crate) use job::{Job, Launch, Native, Participant, Workplace};
