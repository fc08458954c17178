//! Advice about folders for private keys that are not used as they are, whatever the code.

use flarekit::error::Reason;

/// The advice for this reason, if it is about such a folder.
pub fn hint(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::FolderOfAnotherUser => Some(
            "One with a private key, or with a definition that names programs, must be nobody \
             else's. Run this as the user whose folder it is ('sudo -u NAME', 'docker run --user'), \
             or choose a new folder inside it. One user owns a CA; others use it with 'sudo -u'.",
        ),
        Reason::FolderOpenToOthers => Some(
            "Look whether it is as you left it, and what is in it yours. Then take the right to write \
             from the others with 'chmod go-w'. If the file system keeps no modes, as a Windows drive under WSL, \
             use a folder elsewhere.",
        ),
        Reason::FolderUnfinished => Some(
            "Nothing was overwritten, and nothing is lost. Look whether the folder is as you want it, \
             and run this again, or, if that was 'inspect', which changes nothing, the command that \
             was interrupted. If it belongs to another user, let that user run a command on it \
             first, which finishes what was interrupted.",
        ),
        Reason::FolderNotWritable => Some(
            "Give yourself the right to write in it ('chmod u+w' and the folder that has this mode), \
             and run this again.",
        ),
        _ => None,
    }
}
