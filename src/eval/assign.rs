//! Gives each step that a person does to at most one predicate, so that one step cannot stand for everything.

/// Returns for each predicate the step it is given; as many predicates as possible get one (augmenting paths, Kuhn 1955).
/// `wishes` holds for each predicate the steps it would take, best first.
pub fn assign(wishes: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut given: Vec<Option<usize>> = vec![None; wishes.len()];
    for at in 0..wishes.len() {
        let mut tried = vec![];
        augment(at, wishes, &mut given, &mut tried);
    }
    given
}

fn augment(
    at: usize,
    wishes: &[Vec<usize>],
    given: &mut [Option<usize>],
    tried: &mut Vec<usize>,
) -> bool {
    for step in &wishes[at] {
        if tried.contains(step) {
            continue;
        }
        tried.push(*step);
        let holder = given.iter().position(|one| *one == Some(*step));
        if holder.is_none_or(|holder| augment(holder, wishes, given, tried)) {
            given[at] = Some(*step);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::assign;

    #[test]
    fn one_step_serves_one_predicate_and_as_many_are_served_as_can_be() {
        let check = |wishes: &[&[usize]], expected: &[Option<usize>]| {
            let wishes: Vec<Vec<usize>> = wishes.iter().map(|steps| steps.to_vec()).collect();
            assert_eq!(assign(&wishes), expected, "{wishes:?}");
        };
        check(&[&[1], &[1], &[1]], &[Some(1), None, None]);
        check(&[&[1, 2], &[1]], &[Some(2), Some(1)]);
        check(&[&[1, 2], &[1, 3], &[1]], &[Some(2), Some(3), Some(1)]);
        check(&[&[], &[4]], &[None, Some(4)]);
    }
}
