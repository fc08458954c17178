//! Advice about the disk and the machine, whatever file it is about.

use flarekit::error::Reason;

/// The advice for what has nothing to do with what the file is, or whose, if there is any.
pub fn hint(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::Locked => {
            "Wait until the other command has ended, and run this one again. If no command runs, \
             'sudo fuser -v' and the path that the message names show which process it is: \
             whoever may read something can lock it. If it is another user's, end it, and take their \
             right to read from them ('chmod go-rx' on the folder)."
        }
        Reason::MountInTheWay => {
            "It, the folder that it is in or the .bak beside it is a file system of its own, as a \
             volume of a container is, or lies in a container's image. Then it cannot be moved in one \
             step. Mount the whole workspace or the folder above instead, or choose another place."
        }
        Reason::LinkOfAnotherUser => {
            "Another user made this link and can let it lead somewhere else at any time. Look where \
             it leads, and give the path of the place that you mean; a folder in which only you can \
             write is the better place."
        }
        Reason::TooManyOpenFiles => {
            "Allow more open files ('ulimit -n 4096' in this shell), and run the command again. Of \
             many requests, name fewer at a time."
        }
        _ => return None,
    })
}
