//! Senders that look like somebody they are not: addresses one letter off, letters of other alphabets, display names
//! that carry another address or the name of the department.

use std::iter::once;

use unicode_security::confusable_detection::skeleton;

use super::{Known, Matcher};
use crate::domain::why::Why;
use crate::ground::text::fold;
use crate::reading::{Person, Reading};
use crate::words::has_phrase;

/// Shorter names are near each other by chance.
const SHORTEST_COMPARED: usize = 6;

impl Matcher {
    /// What is suspicious of a mail's sender.
    pub(super) fn signs_of_imitation(&self, reading: &Reading, known: &Known<'_>) -> Vec<Why> {
        let Some(sender) = &reading.sender else {
            return Vec::new();
        };
        let is_known = !known.learned.is_empty()
            || !known.former.is_empty()
            || self.addresses().any(|a| *a == sender.address)
            || !self
                .register()
                .bearers(&sender.address, self.day)
                .is_empty();
        let mut signs = Vec::new();
        signs.extend(self.other_address_in_name(sender));
        if !is_known {
            signs.extend(self.nearly_an_address(&sender.address));
            signs.extend(self.name_of_the_department(sender));
        }
        signs
    }

    /// The addresses that somebody could want to imitate: of units on that day, of staff, of the mailbox itself.
    fn addresses(&self) -> impl Iterator<Item = &String> {
        let settings = &self.config.settings;
        let units = self.register().all_on(self.day);
        units
            .flat_map(|u| u.emails.iter().chain(&u.escalate_to))
            .chain(&settings.digest_to)
            .chain(once(&settings.mailbox.address))
    }

    /// A display name that is another address, one that we know.
    fn other_address_in_name(&self, sender: &Person) -> Option<Why> {
        let name = sender.name.to_lowercase();
        let other = self
            .addresses()
            .find(|a| **a != sender.address && name.contains(a.as_str()))?;
        Some(Why::AddressInName {
            shown: other.clone(),
            address: sender.address.clone(),
        })
    }

    fn nearly_an_address(&self, address: &str) -> Option<Why> {
        let (local, domain) = address.rsplit_once('@')?;
        let shown = idna::domain_to_unicode(domain).0;
        let domain_is_known = self.addresses().any(|a| a.ends_with(&format!("@{domain}")));
        let imitated = self.addresses().find(|known| {
            let Some((known_local, known_domain)) = known.rsplit_once('@') else {
                return false;
            };
            if domain_is_known {
                known_domain == domain && look_alike(local, known_local)
            } else {
                look_alike(&shown, known_domain)
            }
        });
        if let Some(imitated) = imitated {
            return Some(Why::NearlyAnAddress {
                address: address.to_owned(),
                known: imitated.clone(),
            });
        }
        (shown != domain && !domain_is_known).then(|| Why::StrangeLetters {
            address: address.to_owned(),
            shown,
        })
    }

    fn name_of_the_department(&self, sender: &Person) -> Option<Why> {
        let name = fold(&sender.name);
        let department = &self.config.settings.department;
        let own = [&department.name, &department.federation];
        own.into_iter()
            .find(|own| has_phrase(&name, &fold(own)))
            .map(|own| Why::NameOfTheDepartment {
                name: own.clone(),
                address: sender.address.clone(),
            })
    }
}

/// Whether two different names are told apart by one letter, or only by a close look.
fn look_alike(a: &str, b: &str) -> bool {
    if a == b || a.len().min(b.len()) < SHORTEST_COMPARED {
        return false;
    }
    let looks = |text: &str| skeleton(text).collect::<String>();
    if looks(a) == looks(b) {
        return true;
    }
    // cdcs1 and cdcs2 are two unions, not a forgery.
    let without_digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    strsim::damerau_levenshtein(a, b) == 1 && without_digits(a) != without_digits(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_one_letter_off_or_in_other_letters_look_alike() {
        assert!(look_alike("phuyen.exampl", "phuyen.example"));
        assert!(look_alike("phuyen.exmaple", "phuyen.example"));
        assert!(look_alike("рhuyen.example", "phuyen.example")); // a Cyrillic letter
        assert!(look_alike("ldld.d0ng-hoa", "ldld.dong-hoa"));
        assert!(!look_alike("phuyen.example", "phuyen.example"));
        assert!(!look_alike("cdcs.truong1", "cdcs.truong2"));
        assert!(!look_alike("tuyan", "tuyen"));
    }
}
