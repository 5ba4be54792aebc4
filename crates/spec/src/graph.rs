use std::collections::HashSet;

/// What a walk through a graph found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Every node after all that it points to, except where a cycle makes that impossible.
    pub order: Vec<usize>,
    /// Cycles, each as the nodes on its way, beginning with the lowest.
    pub cycles: Vec<Vec<usize>>,
    seen: HashSet<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Walks depth first without recursion, since chains of a hundred thousand stages are allowed.
pub(crate) fn walk(edges: &[Vec<usize>]) -> Walk {
    let mut states = vec![State::New; edges.len()];
    let mut walk = Walk::default();
    // The nodes on the way to the current one, each with the number of its next edge.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..edges.len() {
        if states[start] == State::New {
            states[start] = State::Open;
            path.push((start, 0));
        }
        while let Some((node, next_edge)) = path.last_mut() {
            let Some(&target) = edges[*node].get(*next_edge) else {
                states[*node] = State::Done;
                walk.order.push(*node);
                path.pop();
                continue;
            };
            *next_edge += 1;
            match states[target] {
                State::New => {
                    states[target] = State::Open;
                    path.push((target, 0));
                }
                State::Open => walk.note_cycle(&path, target),
                State::Done => {}
            }
        }
    }
    walk
}

impl Walk {
    fn note_cycle(&mut self, path: &[(usize, usize)], target: usize) {
        let cycle = path.iter().map(|&(node, _)| node).skip_while(|&node| node != target);
        let cycle = lowest_first(cycle.collect());
        if self.seen.insert(cycle.clone()) {
            self.cycles.push(cycle);
        }
    }
}

fn lowest_first(mut cycle: Vec<usize>) -> Vec<usize> {
    let lowest = cycle.iter().enumerate().min_by_key(|&(_, &node)| node).map_or(0, |(index, _)| index);
    cycle.rotate_left(lowest);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_puts_targets_first() {
        assert_eq!(walk(&[vec![1, 2], vec![2], vec![]]).order, [2, 1, 0]);
    }

    #[test]
    fn cycles_begin_with_the_lowest() {
        let found = walk(&[vec![], vec![3], vec![1], vec![2], vec![4]]);
        assert_eq!(found.cycles, [vec![1, 3, 2], vec![4]]);
        assert_eq!(found.order.len(), 5);
    }

    #[test]
    fn long_chains_do_not_exhaust_the_stack() {
        let edges: Vec<_> =
            (0..200_000).map(|node| if node == 0 { vec![] } else { vec![node - 1] }).collect();
        let backwards: Vec<_> = (0..edges.len())
            .map(|node| if node + 1 == edges.len() { vec![] } else { vec![node + 1] })
            .collect();
        for edges in [edges, backwards] {
            assert_eq!(walk(&edges).order.len(), edges.len());
            assert!(walk(&edges).cycles.is_empty());
        }
    }
}
