//! Names and addresses inside: what the inventory and the hosts file say, and an address lent to every other name.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::destination;
use super::protocol::Connected;

/// Addresses that are lent: the range for benchmarks (RFC 2544), which no network routes.
const LENT: (Ipv4Addr, u32) = (Ipv4Addr::new(198, 18, 0, 0), 1 << 17);

/// More names than this get no address.
const MOST: usize = 4_096;

/// Longest name, and longest part of one, in bytes (RFC 1035, 2.3.4).
const LONGEST: usize = 253;
const LONGEST_PART: usize = 63;

/// Port of the domain name system.
const PORT: u16 = 53;

/// Which name has which address, for one session.
#[derive(Debug, Default)]
pub(super) struct Names {
    addresses: HashMap<String, IpAddr>,
    /// Every name of an address; the one that was asked for last stands first.
    names: HashMap<IpAddr, Vec<String>>,
    lent: u32,
    /// Where names are asked for.
    pub(super) servers: Vec<IpAddr>,
    /// Domains that a C library appends.
    search: Vec<String>,
}

impl Names {
    /// Starts with the lines of a resolv.conf(5) and of a hosts(5) file, and with names that have to resolve,
    /// each with its address or another name for it, where it has one.
    pub(super) fn new(resolver: &str, hosts: &str, known: &[(String, Option<String>)]) -> Self {
        let mut names = Self::default();
        names.read_resolver(resolver);
        for (name, at) in known {
            let Some(name) = checked(name) else { continue };
            match at.as_deref().map(|at| (at.parse::<IpAddr>(), checked(at))) {
                Some((Ok(address), _)) => names.add(name, address),
                Some((Err(_), Some(other))) => {
                    if let Some(address) = names.lend(&other) {
                        names.add(name, address);
                    }
                }
                Some((Err(_), None)) | None => {
                    names.lend(&name);
                }
            }
        }
        for line in hosts.lines().take(MOST) {
            let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for name in words.filter_map(checked) {
                names.add(name, address);
            }
        }
        names
    }

    /// Without a server, a C library asks 127.0.0.1 (resolv.conf(5)).
    fn read_resolver(&mut self, text: &str) {
        for line in text.lines().take(1_000) {
            let mut words = line.split_ascii_whitespace();
            match (words.next(), words.next()) {
                (Some("nameserver"), Some(address)) => {
                    let address = address.parse::<IpAddr>();
                    if let Ok(address) = address
                        && self.servers.len() < 8
                        && !self.servers.contains(&address)
                    {
                        self.servers.push(address);
                    }
                }
                (Some("search" | "domain"), Some(first)) => {
                    self.search = [first].into_iter().chain(words).filter_map(checked).collect();
                }
                _ => {}
            }
        }
        if self.servers.is_empty() {
            self.servers.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
    }

    fn add(&mut self, name: String, address: IpAddr) {
        if destination::is_inside(address) || self.addresses.len() >= MOST {
            return;
        }
        let names = self.names.entry(address).or_default();
        if !names.contains(&name) {
            names.push(name.clone());
        }
        self.addresses.entry(name).or_insert(address);
    }

    fn lend(&mut self, name: &str) -> Option<IpAddr> {
        if let Some(address) = self.addresses.get(name) {
            return Some(*address);
        }
        if self.addresses.len() >= MOST {
            return None;
        }
        loop {
            self.lent += 1;
            if self.lent >= LENT.1 {
                return None;
            }
            let address = IpAddr::V4(Ipv4Addr::from(u32::from(LENT.0) + self.lent));
            if !self.names.contains_key(&address) {
                self.add(name.to_owned(), address);
                return Some(address);
            }
        }
    }

    /// Returns the address of a name that is asked for, a new one for a new name. The domain that a C
    /// library appends makes no other host of a known one.
    pub(super) fn resolve(&mut self, name: &str) -> Option<IpAddr> {
        let name = checked(name)?;
        if name == "localhost" || name.ends_with(".localhost") {
            return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let short = self.short(&name).filter(|short| self.addresses.contains_key(*short));
        let preferred = short.map_or_else(|| name.clone(), str::to_owned);
        let address = match self.addresses.get(&name).or_else(|| self.addresses.get(&preferred)) {
            Some(address) => *address,
            None => self.lend(&name)?,
        };
        if preferred != name {
            self.add(name, address);
        }
        if let Some(names) = self.names.get_mut(&address)
            && let Some(at) = names.iter().position(|known| *known == preferred)
        {
            names[..=at].rotate_right(1);
        }
        Some(address)
    }

    /// Returns a name without the domain that is appended to names.
    pub(super) fn short<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.search.iter().find_map(|domain| name.strip_suffix(domain.as_str())?.strip_suffix('.'))
    }

    /// Returns the name of an address.
    pub(super) fn name_of(&self, address: IpAddr) -> Option<&str> {
        self.names.get(&address)?.first().map(String::as_str)
    }

    /// Returns a destination as people write it, and every other way to write it.
    pub(super) fn spelled(&self, to: SocketAddr) -> Connected {
        let with_port = |name: &str| format!("{name}:{}", to.port());
        let mut all: Vec<String> = Vec::new();
        for name in self.names.get(&to.ip()).into_iter().flatten() {
            all.push(with_port(name));
            all.extend(self.short(name).map(with_port));
        }
        if !is_lent(to.ip()) || all.is_empty() {
            all.push(to.to_string());
        }
        let mut known = std::collections::HashSet::new();
        all.retain(|one| known.insert(one.clone()));
        let destination = all.remove(0);
        Connected { destination, also: all }
    }

    /// Tells whether questions go there.
    pub(super) fn is_resolver(&self, to: SocketAddr) -> bool {
        to.port() == PORT && self.servers.contains(&to.ip())
    }

    /// Returns where questions are to be received.
    pub(super) fn places(&self) -> impl Iterator<Item = SocketAddr> {
        self.servers.iter().map(|address| SocketAddr::new(*address, PORT))
    }
}

fn is_lent(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            (u32::from(LENT.0)..u32::from(LENT.0) + LENT.1).contains(&u32::from(address))
        }
        IpAddr::V6(_) => false,
    }
}

/// Returns a name in small letters without its last dot; `None` for what no host is called.
fn checked(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = |part: &str| {
        (1..=LONGEST_PART).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let fine =
        name.len() <= LONGEST && name.split('.').all(fits) && name.parse::<IpAddr>().is_err();
    fine.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let known = [
            ("db1", Some("10.0.0.5")),
            ("db1.example.com", Some("10.0.0.5")),
            ("web1", Some("web1.example.com")),
            ("cache", None),
            ("v6", Some("2001:db8::7")),
            ("me", Some("127.0.0.1")),
            ("bad name", Some("10.0.0.9")),
        ];
        let known = known.map(|(name, at)| (name.to_owned(), at.map(str::to_owned)));
        Names::new(
            "# x\nnameserver 10.255.255.53\nnameserver 10.255.255.53\nnameserver fe80::1%eth0\nsearch corp.example\n",
            "127.0.0.1 localhost\n10.0.0.6 files files.corp # x\n",
            &known,
        )
    }

    fn spelled(names: &Names, to: &str) -> (String, Vec<String>) {
        let Connected { destination, also } = names.spelled(to.parse().unwrap());
        (destination, also)
    }

    #[test]
    fn an_address_is_spelled_by_the_name_that_was_asked_for() {
        let mut names = names();
        let all = |first: &str, also: &[&str]| {
            (first.to_owned(), also.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
        };
        let both = all("db1:5432", &["db1.example.com:5432", "10.0.0.5:5432"]);
        assert_eq!(spelled(&names, "10.0.0.5:5432"), both);
        names.resolve("DB1.example.com.");
        let both = all("db1.example.com:5432", &["db1:5432", "10.0.0.5:5432"]);
        assert_eq!(spelled(&names, "10.0.0.5:5432"), both);
        let files = all("files:1", &["files.corp:1", "10.0.0.6:1"]);
        assert_eq!(spelled(&names, "10.0.0.6:1"), files);
        assert_eq!(spelled(&names, "10.0.0.7:1"), all("10.0.0.7:1", &[]));
        assert_eq!(spelled(&names, "[2001:db8::7]:1"), all("v6:1", &["[2001:db8::7]:1"]));
        assert_eq!(names.servers, ["10.255.255.53".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn every_name_gets_one_address_and_keeps_it() {
        let mut names = names();
        let lent = names.resolve("far.example.org").unwrap();
        assert!(is_lent(lent));
        assert_eq!(names.resolve("FAR.example.org."), Some(lent));
        assert_ne!(names.resolve("other.example.org"), Some(lent));
        assert_eq!(names.name_of(lent), Some("far.example.org"));
        assert_eq!(spelled(&names, &format!("{lent}:80")), ("far.example.org:80".into(), vec![]));
        assert_eq!(names.resolve("web1"), names.resolve("web1.example.com"));
        assert!(names.resolve("cache").is_some_and(is_lent));
        assert_eq!(names.resolve("db1.corp.example"), Some("10.0.0.5".parse().unwrap()));
        assert_eq!(spelled(&names, "10.0.0.5:1").0, "db1:1");
        let appended = names.resolve("new.corp.example").unwrap();
        assert_eq!(
            spelled(&names, &format!("{appended}:1")),
            ("new.corp.example:1".into(), vec!["new:1".into()])
        );
        assert_eq!(names.resolve("x.localhost"), Some("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn hostile_names_and_too_many_names_get_no_address() {
        let mut names = names();
        let long = vec!["a".repeat(63); 5].join(".");
        for name in
            ["", ".", "a..b", "a b", "a\nb", "ä", &long, &"a".repeat(64), "10.0.0.1", "[::1]"]
        {
            assert_eq!(names.resolve(name), None, "{name:?}");
        }
        let got =
            (0..10_000).filter(|at| names.resolve(&format!("n{at}.example")).is_some()).count();
        assert!((4_000..=MOST).contains(&got), "{got}");
        assert!(names.resolve("db1").is_some());
    }

    #[test]
    fn without_a_nameserver_the_loopback_is_asked() {
        for text in ["", "options edns0\n", "nameserver\nnameserver nonsense\n"] {
            let names = Names::new(text, "", &[]);
            assert!(names.is_resolver("127.0.0.1:53".parse().unwrap()), "{text:?}");
        }
    }
}
