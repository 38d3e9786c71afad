//! A resolver inside: it answers on the host's nameserver addresses, and keeps every name that is asked for.
#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use simple_dns::rdata::{A, AAAA, PTR, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};

use super::names::Names;
use super::sys;

/// More names than this are only counted.
const LISTED: usize = 1_000;

/// Longest question that is read, in bytes; without an extension a datagram holds 512 (RFC 1035, 4.2.1).
const LONGEST: usize = 4_096;

/// Seconds for which an answer may be kept.
const KEEP: u32 = 60;

/// Questions that are answered before the run is looked at again.
const AT_ONCE: usize = 64;

/// The sockets, the names, and what was asked in the run that is followed.
#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) names: Names,
    sockets: Vec<UdpSocket>,
    asked: Vec<String>,
    seen: HashSet<String>,
    unlisted: u64,
}

impl Resolver {
    /// Receives questions at every nameserver address, in the network namespace of this process; says where it cannot.
    pub(super) fn start(names: Names) -> (Self, Vec<String>) {
        let (mut sockets, mut notes) = (Vec::new(), Vec::new());
        for (at, place) in names.places().enumerate() {
            let bound = match place.ip() {
                ip if ip.is_loopback() => Ok(()),
                ip => sys::add_loopback_address(ip, at),
            }
            .and_then(|()| UdpSocket::bind(place))
            .and_then(|socket| {
                wait_until_reached(&socket)?;
                socket.set_nonblocking(true).map(|()| socket)
            });
            match bound {
                Ok(socket) => sockets.push(socket),
                Err(error) => notes.push(format!("names are not resolved at {place}: {error}")),
            }
        }
        add_the_other_family(&names);
        let resolver =
            Self { names, sockets, asked: Vec::new(), seen: HashSet::new(), unlisted: 0 };
        (resolver, notes)
    }

    /// Returns where questions arrive.
    pub(super) fn sockets(&self) -> &[UdpSocket] {
        &self.sockets
    }

    /// Forgets what the runs before asked, answered or not.
    pub(super) fn begin(&mut self) {
        let mut question = [0_u8; LONGEST];
        for socket in &self.sockets {
            // A queue holds no more than a few hundred datagrams (socket(7), SO_RCVBUF).
            for _ in 0..10_000 {
                if socket.recv_from(&mut question).is_err() {
                    break;
                }
            }
        }
        self.asked.clear();
        self.seen.clear();
        self.unlisted = 0;
    }

    /// Returns the names that were asked for, and how many more there were.
    ///
    /// A name with an appended domain says nothing new where the name itself was asked for.
    pub(super) fn asked(&self) -> (Vec<String>, u64) {
        let appended =
            |name: &&String| self.names.short(name).is_some_and(|short| self.seen.contains(short));
        (self.asked.iter().filter(|name| !appended(name)).cloned().collect(), self.unlisted)
    }

    /// Answers the questions that wait at one socket.
    pub(super) fn answer_waiting(&mut self, at: usize) {
        for _ in 0..AT_ONCE {
            let mut question = [0_u8; LONGEST];
            let Some(Ok((length, from))) =
                self.sockets.get(at).map(|socket| socket.recv_from(&mut question))
            else {
                return;
            };
            let (reply, asked) = reply(&question[..length], &mut self.names);
            if let Some(asked) = asked {
                self.note(asked);
            }
            if let (Some(reply), Some(socket)) = (reply, self.sockets.get(at)) {
                // Who does not wait for the answer does not get it.
                let _ = socket.send_to(&reply, from);
            }
        }
    }

    fn note(&mut self, name: String) {
        // The name of the machine itself; a C library that misses its second address in /etc/hosts asks for it.
        if name == "localhost" || self.seen.contains(&name) {
            return;
        }
        if self.asked.len() >= LISTED {
            self.unlisted += 1;
            return;
        }
        self.seen.insert(name.clone());
        self.asked.push(name);
    }
}

/// The kernel makes the route to a new IPv6 address a little later than the address.
fn wait_until_reached(socket: &UdpSocket) -> std::io::Result<()> {
    let place = socket.local_addr()?;
    if place.is_ipv4() {
        return Ok(());
    }
    socket.set_read_timeout(Some(std::time::Duration::from_millis(5)))?;
    for _ in 0..200 {
        let asked = UdpSocket::bind("[::]:0").and_then(|other| other.send_to(&[], place));
        if asked.is_ok() && socket.recv_from(&mut [0]).is_ok() {
            return Ok(());
        }
    }
    Err(std::io::ErrorKind::TimedOut.into())
}

/// A C library asks for addresses of a family only where an interface has one beside the loopback's own, or
/// none has any (getaddrinfo(3), `AI_ADDRCONFIG`): nameservers of one family would hide the other.
fn add_the_other_family(names: &Names) {
    let outside: Vec<IpAddr> =
        names.places().map(|place| place.ip()).filter(|ip| !ip.is_loopback()).collect();
    let spare =
        [IpAddr::from([198, 19, 255, 254]), IpAddr::from([0xfdb5, 0, 0, 0, 0, 0, 0, 1_u16])];
    for ip in spare {
        if !outside.is_empty() && !outside.iter().any(|other| other.is_ipv4() == ip.is_ipv4()) {
            // Without the family there is nothing to hide.
            let _ = sys::add_loopback_address(ip, outside.len());
        }
    }
}

/// Returns the answer to a question, and the name that is asked for as people write it.
fn reply(bytes: &[u8], names: &mut Names) -> (Option<Vec<u8>>, Option<String>) {
    let Ok(packet) = Packet::parse(bytes) else {
        return (format_error(bytes), None);
    };
    if packet.has_flags(PacketFlag::RESPONSE) {
        return (None, None);
    }
    let mut answer = Packet::new_reply(packet.id());
    answer.set_flags(PacketFlag::RECURSION_AVAILABLE | (PacketFlag::AUTHORITATIVE_ANSWER));
    if packet.has_flags(PacketFlag::RECURSION_DESIRED) {
        answer.set_flags(PacketFlag::RECURSION_DESIRED);
    }
    *answer.opcode_mut() = packet.opcode();
    let mut asked = None;
    match (packet.opcode(), packet.questions.as_slice()) {
        (OPCODE::StandardQuery, [question]) => {
            answer.questions.push(question.clone());
            let text = written(&question.qname);
            match records(question, &text, names) {
                Ok(found) => answer.answers = found,
                Err(code) => *answer.rcode_mut() = code,
            }
            asked = Some(text);
        }
        (OPCODE::StandardQuery, _) => *answer.rcode_mut() = RCODE::FormatError,
        (_, _) => *answer.rcode_mut() = RCODE::NotImplemented,
    }
    (answer.build_bytes_vec().ok(), asked)
}

fn format_error(bytes: &[u8]) -> Option<Vec<u8>> {
    // The highest bit of the third byte marks an answer; answering one could go on for ever.
    let (id, rest) = bytes.split_first_chunk::<2>()?;
    if rest.first()? & 0x80 != 0 {
        return None;
    }
    let mut answer = Packet::new_reply(u16::from_be_bytes(*id));
    *answer.rcode_mut() = RCODE::FormatError;
    answer.build_bytes_vec().ok()
}

fn records<'q>(
    question: &Question<'q>,
    text: &str,
    names: &mut Names,
) -> Result<Vec<ResourceRecord<'q>>, RCODE> {
    if !matches!(question.qclass, QCLASS::CLASS(CLASS::IN) | QCLASS::ANY) {
        return Err(RCODE::NotImplemented);
    }
    let record = |data| vec![ResourceRecord::new(question.qname.clone(), CLASS::IN, KEEP, data)];
    if let Some(address) = reversed(text) {
        let name = names.name_of(address).ok_or(RCODE::NameError)?.to_owned();
        let name = Name::new_unchecked(&name).into_owned();
        return Ok(match question.qtype {
            QTYPE::TYPE(TYPE::PTR) | QTYPE::ANY => record(RData::PTR(PTR(name))),
            _ => Vec::new(),
        });
    }
    let address = names.resolve(text).ok_or(RCODE::NameError)?;
    Ok(match (question.qtype, address) {
        (QTYPE::TYPE(TYPE::A) | QTYPE::ANY, IpAddr::V4(address)) => {
            record(RData::A(A { address: address.into() }))
        }
        (QTYPE::TYPE(TYPE::AAAA) | QTYPE::ANY, IpAddr::V6(address)) => {
            record(RData::AAAA(AAAA { address: address.into() }))
        }
        (_, _) => Vec::new(),
    })
}

/// Reads `4.3.2.1.in-addr.arpa` (RFC 1035, 3.5).
fn reversed(name: &str) -> Option<IpAddr> {
    let lower = name.to_ascii_lowercase();
    let digits = lower.strip_suffix(".in-addr.arpa")?;
    let mut parts: Vec<&str> = digits.split('.').collect();
    parts.reverse();
    parts.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Writes a name; what is no letter of a name becomes `\DDD` (RFC 1035, 5.1), so that one name is one text.
fn written(name: &Name<'_>) -> String {
    let mut text = String::new();
    for label in name.as_bytes() {
        if !text.is_empty() {
            text.push('.');
        }
        for byte in label {
            match byte {
                b'-' | b'_' => text.push(char::from(*byte)),
                byte if byte.is_ascii_alphanumeric() => {
                    text.push(char::from(byte.to_ascii_lowercase()))
                }
                byte => text.push_str(&format!("\\{byte:03}")),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(names: &mut Names, name: &str, kind: TYPE) -> (RCODE, Vec<String>, Option<String>) {
        let mut packet = Packet::new_query(7);
        let class = QCLASS::CLASS(CLASS::IN);
        packet.questions.push(Question::new(Name::new(name).unwrap(), kind.into(), class, false));
        let (bytes, asked) = reply(&packet.build_bytes_vec().unwrap(), names);
        let bytes = bytes.unwrap();
        let answer = Packet::parse(&bytes).unwrap();
        assert_eq!((answer.id(), answer.questions.len()), (7, 1));
        let data = answer.answers.iter().map(|record| match &record.rdata {
            RData::A(a) => Ipv4Addr::from(a.address).to_string(),
            RData::AAAA(a) => std::net::Ipv6Addr::from(a.address).to_string(),
            RData::PTR(PTR(name)) => name.to_string(),
            other => format!("{other:?}"),
        });
        (answer.rcode(), data.collect(), asked)
    }

    #[test]
    fn each_kind_of_question_has_its_answer() {
        let known = [("db1", "10.0.0.5"), ("v6", "2001:db8::7")];
        let known = known.map(|(name, at)| (name.to_owned(), Some(at.to_owned())));
        let mut names = Names::new("", "", &known);
        let no: [&str; 0] = [];
        let table = [
            ("db1", TYPE::A, RCODE::NoError, ["10.0.0.5"].as_slice(), "db1"),
            ("Far.Example.org", TYPE::A, RCODE::NoError, &["198.18.0.1"], "far.example.org"),
            ("far.example.org", TYPE::AAAA, RCODE::NoError, &no, "far.example.org"),
            ("far.example.org", TYPE::MX, RCODE::NoError, &no, "far.example.org"),
            ("v6", TYPE::AAAA, RCODE::NoError, &["2001:db8::7"], "v6"),
            ("v6", TYPE::A, RCODE::NoError, &no, "v6"),
            (
                "1.0.18.198.in-addr.arpa",
                TYPE::PTR,
                RCODE::NoError,
                &["far.example.org"],
                "1.0.18.198.in-addr.arpa",
            ),
            ("9.9.9.9.in-addr.arpa", TYPE::PTR, RCODE::NameError, &no, "9.9.9.9.in-addr.arpa"),
            (r"a\010b\.c.x", TYPE::A, RCODE::NameError, &no, r"a\010b\046c.x"),
        ];
        for (name, kind, code, data, asked) in table {
            let (got, answers, noted) = ask(&mut names, name, kind);
            assert_eq!((got, answers), (code, data.iter().map(|one| (*one).to_owned()).collect()));
            assert_eq!(noted.as_deref(), Some(asked), "{name}");
        }
    }

    #[test]
    fn what_is_no_question_has_no_address_and_answers_are_not_answered() {
        let mut names = Names::default();
        let code = |bytes: Option<Vec<u8>>| Packet::parse(&bytes.unwrap()).unwrap().rcode();
        assert_eq!(code(reply(&[0; 5], &mut names).0), RCODE::FormatError);
        let mut answer = Packet::new_reply(1).build_bytes_vec().unwrap();
        assert_eq!(reply(&answer, &mut names), (None, None));
        answer.truncate(3);
        assert_eq!(reply(&answer, &mut names), (None, None));
        let mut notify = Packet::new_query(1);
        *notify.opcode_mut() = OPCODE::Notify;
        let notify = notify.build_bytes_vec().unwrap();
        assert_eq!(code(reply(&notify, &mut names).0), RCODE::NotImplemented);
        let none = Packet::new_query(1).build_bytes_vec().unwrap();
        assert_eq!(code(reply(&none, &mut names).0), RCODE::FormatError);
    }

    proptest::proptest! {
        #[test]
        fn no_datagram_makes_it_fail(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let _ = reply(&bytes, &mut Names::default());
        }
    }
}
