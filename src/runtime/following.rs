//! Follows a run for a session: its plan, its journal, what its steps print, and how it ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::perform::Worker;
use super::{RuntimeError, Tail, output_file};
use crate::base::Id;
use crate::evidence::{Event, Record};
use crate::flow::News;

impl Worker {
    /// Tells the plan of a run, its journal from the first record on, what its steps print, and how it ends.
    pub(super) fn follow(&self, name: &Id) -> Result<(), RuntimeError> {
        let following = Arc::clone(&self.following);
        let run = self.runtime.run(name.as_str())?;
        let id = run.id.clone();
        let (plan, inventory) = self.runtime.plan_of(&run)?;
        if let Some(inventory) = inventory {
            self.tell(News::Inventory(Arc::new(inventory)));
        }
        let incident = plan.incident.as_ref();
        let incident = incident.and_then(|id| self.runtime.incident(id.as_str()).ok());
        self.tell(News::RunPlan {
            run: id.clone(),
            plan: Box::new(plan),
            incident: incident.map(Box::new),
            by: run.by.clone(),
        });
        let alive = self.runtime.has_runner(&id)?;
        self.tell(News::RunState { run: id.clone(), alive });
        let directory = self.runtime.directory();
        let mut tails: Vec<(Id, Tail)> = vec![];
        let mut lately: Vec<Record> = vec![];
        let print = |tails: &mut Vec<(Id, Tail)>| {
            for (step, tail) in tails {
                let bytes = tail.more().unwrap_or_default();
                if !bytes.is_empty() {
                    self.tell(News::Output {
                        run: id.clone(),
                        step: step.clone(),
                        text: String::from_utf8_lossy(&bytes).into_owned(),
                    });
                }
            }
        };
        self.runtime.follow_run(&id, 0, |record| {
            if let Some(record) = record {
                lately.push(record.clone());
                if let (Some(Event::StepStarted { files, .. }), Some(step)) =
                    (record.event(), &record.step)
                {
                    print(&mut tails);
                    // A step that starts again, or its check, prints below what was there.
                    tails.retain(|(other, _)| other == step);
                    for stream in ["stdout", "stderr"] {
                        let path = output_file(&directory, &id, &files, stream);
                        tails.push((step.clone(), Tail::new(path)));
                    }
                }
                let more = matches!(
                    record.event(),
                    Some(Event::StepStarted { .. } | Event::StepFinished(_))
                );
                if lately.len() < 64 && !more && record.event().is_some_and(|told| !ends(&told)) {
                    return self.goes_on(&following);
                }
            }
            if !lately.is_empty() {
                let records = std::mem::take(&mut lately);
                self.tell(News::Journal { run: id.clone(), records });
            }
            print(&mut tails);
            self.goes_on(&following)
        })?;
        print(&mut tails);
        if !lately.is_empty() {
            let records = std::mem::take(&mut lately);
            self.tell(News::Journal { run: id.clone(), records });
        }
        let alive = self.runtime.has_runner(&id)?;
        self.tell(News::RunState { run: id, alive });
        Ok(())
    }

    fn goes_on(&self, following: &AtomicBool) -> ControlFlow<()> {
        match following.load(Ordering::SeqCst) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

fn ends(event: &Event) -> bool {
    matches!(event, Event::RunFinished { .. } | Event::Question { .. })
}
