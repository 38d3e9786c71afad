//! Reads socket addresses as the kernel would: where a call wanted to go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Longest address that the kernel takes (`struct sockaddr_storage`, socket(7)).
pub(super) const LONGEST: usize = 128;

/// Shortest addresses that the kernel takes for their families (ip(7), RFC 2133 for IPv6).
const SHORTEST_V4: usize = 16;
const SHORTEST_V6: usize = 24;

/// Where a call wanted to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// Nowhere: the kernel refuses the address by itself, or it does not leave the process's own kernel (netlink).
    Nowhere,
    /// A socket in the file system, or an abstract one (unix(7)), shown with `@`.
    Unix(String),
    /// An address of the Internet protocols.
    Ip(SocketAddr),
}

/// The call that names an address; they read `AF_UNSPEC` differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// connect(2): `AF_UNSPEC` dissolves the association.
    Connect,
    /// sendto(2) and sendmsg(2): udp(7) takes `AF_UNSPEC` for IPv4.
    Send,
}

/// Reads an address; `length` is what the program claims, `raw` what could be read of it.
pub(super) fn read(raw: &[u8], length: u32, call: Call) -> Destination {
    let Some((family, rest)) = raw.split_first_chunk::<2>() else {
        return Destination::Nowhere;
    };
    let length = length as usize;
    if length > LONGEST || raw.len() < length {
        return Destination::Nowhere;
    }
    match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_UNIX => unix(rest),
        libc::AF_UNSPEC if call == Call::Connect => Destination::Nowhere,
        libc::AF_INET | libc::AF_UNSPEC if length >= SHORTEST_V4 => {
            let ip = Ipv4Addr::new(rest[2], rest[3], rest[4], rest[5]);
            Destination::Ip(SocketAddr::from((ip, port(rest))))
        }
        libc::AF_INET6 if length >= SHORTEST_V6 => {
            let bytes: [u8; 16] = rest[6..22].try_into().unwrap_or_default();
            let ip = Ipv6Addr::from(bytes);
            let scope = rest.get(22..26).and_then(|bytes| bytes.try_into().ok());
            let scope = scope.map_or(0, u32::from_ne_bytes);
            Destination::Ip(match ip.to_ipv4_mapped() {
                Some(ip) => SocketAddr::from((ip, port(rest))),
                None => SocketAddr::V6(SocketAddrV6::new(ip, port(rest), 0, scope)),
            })
        }
        _ => Destination::Nowhere,
    }
}

/// Tells whether an address is the sandbox itself.
pub(super) fn is_inside(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

fn port(after_family: &[u8]) -> u16 {
    u16::from_be_bytes([after_family[0], after_family[1]])
}

/// A path ends at its first NUL; an abstract name begins with one.
fn unix(raw: &[u8]) -> Destination {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let named = match raw.split_first() {
        None => return Destination::Nowhere,
        Some((0, name)) => format!("unix:@{}", text(name)),
        Some(_) => {
            let end = raw.iter().position(|byte| *byte == 0).unwrap_or(raw.len());
            format!("unix:{}", text(&raw[..end]))
        }
    };
    // Every C library asks for the name service cache first; nobody asked for that.
    if named.ends_with("/nscd/socket") { Destination::Nowhere } else { Destination::Unix(named) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(family: i32, ip: [u8; 4]) -> Vec<u8> {
        let head = (family as u16).to_ne_bytes();
        [&head[..], &[0x15, 0x38], &ip, &[0; 8]].concat()
    }

    fn v6(ip: &str, scope: u32) -> Vec<u8> {
        let ip: Ipv6Addr = ip.parse().unwrap();
        let head = (libc::AF_INET6 as u16).to_ne_bytes();
        [&head[..], &[0x15, 0x38], &[0; 4], &ip.octets(), &scope.to_ne_bytes()].concat()
    }

    fn unix(name: &[u8]) -> Vec<u8> {
        [&(libc::AF_UNIX as u16).to_ne_bytes(), name].concat()
    }

    /// What is shown, and whether it stays inside.
    fn shown(raw: &[u8], length: u32, call: Call) -> Option<(String, bool)> {
        match read(raw, length, call) {
            Destination::Nowhere => None,
            Destination::Unix(name) => Some((name, true)),
            Destination::Ip(address) => Some((address.to_string(), is_inside(address.ip()))),
        }
    }

    #[test]
    fn an_address_is_read_as_the_kernel_reads_it() {
        let inet = libc::AF_INET;
        let table = [
            (v4(inet, [127, 0, 0, 1]), Some(("127.0.0.1:5432", true))),
            (v4(inet, [0, 0, 0, 0]), Some(("0.0.0.0:5432", true))),
            (v4(inet, [10, 1, 2, 3]), Some(("10.1.2.3:5432", false))),
            (v6("::1", 0), Some(("[::1]:5432", true))),
            (v6("2001:db8::7", 0), Some(("[2001:db8::7]:5432", false))),
            (v6("fe80::1", 3), Some(("[fe80::1%3]:5432", false))),
            (v6("::ffff:10.1.2.3", 0), Some(("10.1.2.3:5432", false))),
            (v6("::ffff:127.0.0.9", 0), Some(("127.0.0.9:5432", true))),
            (unix(b"/run/x.sock\0rest"), Some(("unix:/run/x.sock", true))),
            (unix(b"\0abstract"), Some(("unix:@abstract", true))),
            (unix(b"/var/run/nscd/socket\0"), None),
            (unix(b""), None),
            (vec![1], None),
            (v4(libc::AF_NETLINK, [0; 4]), None),
        ];
        for (raw, expected) in table {
            let expected = expected.map(|(text, inside)| (text.to_owned(), inside));
            assert_eq!(shown(&raw, raw.len() as u32, Call::Connect), expected, "{raw:?}");
        }
    }

    #[test]
    fn lengths_that_lie_and_families_that_hide_are_read_as_the_kernel_reads_them() {
        let full = v4(libc::AF_INET, [10, 1, 2, 3]);
        for length in [0, 2, 15, 17, 129, u32::MAX] {
            assert_eq!(shown(&full, length, Call::Connect), None, "{length}");
        }
        assert_eq!(shown(&v6("2001:db8::7", 0)[..20], 20, Call::Connect), None);
        let hidden = v4(libc::AF_UNSPEC, [10, 1, 2, 3]);
        assert_eq!(shown(&hidden, 16, Call::Connect), None);
        assert_eq!(shown(&hidden, 16, Call::Send), Some(("10.1.2.3:5432".to_owned(), false)));
    }

    proptest::proptest! {
        #[test]
        fn no_address_makes_the_reader_fail(raw in proptest::collection::vec(proptest::num::u8::ANY, 0..140), length: u32) {
            for call in [Call::Connect, Call::Send] {
                let _ = read(&raw, length, call);
                let _ = read(&raw, raw.len() as u32, call);
            }
        }
    }
}
