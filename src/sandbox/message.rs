//! What the first process of a run says to the supervisor: one message each, over a socket.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

use super::protocol::Failure;

/// Longest message, in bytes.
const LONGEST: usize = 4_096;

/// The first byte of each message.
pub(super) mod word {
    /// Carries the directory of the new `/proc`.
    pub(crate) const PROC: u8 = b'p';
    /// Carries the descriptor that reports programs and connections.
    pub(crate) const LISTENER: u8 = b'l';
    /// The payload ended: followed by the code, or by the signal as a negative number (i32).
    pub(crate) const ENDED: u8 = b'e';
    /// Processes outlasted the payload and end with the run: followed by how many (u32) and names of some, a line each.
    pub(crate) const OUTLASTED: u8 = b'o';
    /// A traced process became another program: followed by its number inside (i32).
    pub(crate) const STARTED: u8 = b's';
    /// A traced process ended: followed by what [`super::exact::Gone`] reads.
    pub(crate) const GONE: u8 = b'x';
    /// It failed before the payload: followed by JSON.
    pub(crate) const FAILED: u8 = b'f';
}

/// One message.
#[derive(Debug)]
pub(super) struct Message {
    /// Begins with a [`word`]; empty at the end of the conversation.
    pub(super) bytes: Vec<u8>,
    pub(super) descriptor: Option<OwnedFd>,
}

impl Message {
    /// Waits for the next one.
    pub(super) fn receive(talk: BorrowedFd<'_>) -> Self {
        let mut bytes = vec![0_u8; LONGEST];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [std::io::IoSliceMut::new(&mut bytes)];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = rustix::net::recvmsg(talk, &mut slices, &mut control, flags);
        let length = received.map_or(0, |received| received.bytes);
        let descriptor = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        bytes.truncate(length);
        Self { bytes, descriptor }
    }
}

/// Sends a message that is one word and carries a descriptor.
pub(super) fn send_descriptor(
    talk: BorrowedFd<'_>,
    word: u8,
    descriptor: BorrowedFd<'_>,
) -> Result<(), Failure> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor];
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    rustix::net::sendmsg(talk, &[IoSlice::new(&[word])], &mut control, SendFlags::empty())
        .map(drop)
        .map_err(|error| Failure::of("handing a descriptor to the supervisor", error))
}
