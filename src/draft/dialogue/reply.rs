//! A reply as the model wrote it: read field by field, so that one bad step does not spoil the others.

use serde_json::{Map, Value as Json};

use super::schema;

/// Steps a reply may have.
const MOST_STEPS: usize = 150;

/// Bytes the commands of one field may have.
const LONGEST_COMMANDS: usize = 64 << 10;

/// Bytes any other text may have.
const LONGEST_TEXT: usize = 4 << 10;

/// Items a list of names or sentences may have.
const MOST_ITEMS: usize = 100;

/// A reply, nothing of it believed yet; names are still pseudonyms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// One line that says what the plan does.
    pub title: Option<String>,
    /// A few sentences.
    pub summary: Option<String>,
    /// The copy it would recover from.
    pub backup: Option<String>,
    /// What it would ask the operator.
    pub questions: Vec<String>,
    /// What it took for granted.
    pub assumptions: Vec<String>,
    /// Its steps.
    pub steps: Vec<Proposed>,
}

/// A step as the model wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposed {
    /// Its name.
    pub id: String,
    /// The step of the skeleton it stands for.
    pub based_on: Option<String>,
    /// Whether the commands of that step stay as they are.
    pub keep: bool,
    /// The phase, in its word.
    pub phase: Option<String>,
    /// One line.
    pub title: String,
    /// The kind, in its word.
    pub kind: String,
    /// Where it runs.
    pub host: Option<String>,
    /// What it touches.
    pub asset: Option<String>,
    /// The steps before it.
    pub needs: Vec<String>,
    /// What runs.
    pub run: Option<String>,
    /// What decides whether it succeeded.
    pub check: Option<String>,
    /// What undoes it.
    pub rollback: Option<String>,
    /// The harm the model sees in it; can only raise what is computed.
    pub risk: Option<String>,
    /// When it is stopped.
    pub timeout: Option<String>,
    /// What happens when it fails.
    pub on_failure: Option<String>,
    /// The step that keeps what it destroys.
    pub safety_copy: Option<String>,
    /// Why it is done.
    pub why: Option<String>,
    /// What the operator should see.
    pub expect: Option<String>,
    /// What is wrong with its form; with any of these it is not used.
    pub faults: Vec<String>,
}

/// Reads a reply. A fault of one step stays with that step.
pub fn read(object: &Json) -> Result<Answer, String> {
    let steps = object.get("steps").and_then(Json::as_array).ok_or("it has no list of steps")?;
    if steps.len() > MOST_STEPS {
        return Err(format!("it has {} steps, the most are {MOST_STEPS}", steps.len()));
    }
    let mut faults = vec![];
    let fields = object.as_object().ok_or("it is not an object")?;
    let mut reader = Fields { fields, faults: &mut faults };
    let mut answer = Answer {
        title: reader.text("title", LONGEST_TEXT),
        summary: reader.text("summary", LONGEST_TEXT),
        backup: reader.text("backup", LONGEST_TEXT),
        questions: reader.texts("questions"),
        assumptions: reader.texts("assumptions"),
        steps: steps.iter().enumerate().map(|(at, step)| proposed(step, at)).collect(),
    };
    for at in 1..answer.steps.len() {
        let (before, rest) = answer.steps.split_at_mut(at);
        if before.iter().any(|step| step.id == rest[0].id) {
            rest[0].faults.push(format!("the id {:?} is used twice", rest[0].id));
        }
    }
    Ok(answer)
}

/// Reads one step; what cannot be read is among its faults.
pub fn proposed(value: &Json, at: usize) -> Proposed {
    let mut faults = vec![];
    let Some(fields) = value.as_object() else {
        return Proposed {
            id: format!("step-{}", at + 1),
            faults: vec!["it is not an object".into()],
            ..Proposed::default()
        };
    };
    let mut reader = Fields { fields, faults: &mut faults };
    let mut step = Proposed {
        id: reader.text("id", 128).unwrap_or_default(),
        based_on: reader.text("based_on", 128),
        keep: reader.flag("keep"),
        phase: reader.text("phase", LONGEST_TEXT),
        title: reader.text("title", LONGEST_TEXT).unwrap_or_default(),
        kind: reader.text("kind", LONGEST_TEXT).unwrap_or_default(),
        host: reader.text("host", LONGEST_TEXT),
        asset: reader.text("asset", LONGEST_TEXT),
        needs: reader.texts("needs"),
        run: reader.text("run", LONGEST_COMMANDS),
        check: reader.text("check", LONGEST_COMMANDS),
        rollback: reader.text("rollback", LONGEST_COMMANDS),
        risk: reader.text("risk", LONGEST_TEXT),
        timeout: reader.text("timeout", LONGEST_TEXT),
        on_failure: reader.text("on_failure", LONGEST_TEXT),
        safety_copy: reader.text("safety_copy", LONGEST_TEXT),
        why: reader.text("why", LONGEST_TEXT),
        expect: reader.text("expect", LONGEST_TEXT),
        faults: vec![],
    };
    for name in ["id", "title", "kind"] {
        if !fields.get(name).is_some_and(Json::is_string) {
            faults.push(format!("it has no {name}"));
        }
    }
    if step.id.is_empty() {
        step.id = format!("step-{}", at + 1);
    }
    if let Some(name) = fields.keys().find(|name| !schema::STEP.contains(&name.as_str())) {
        let name: String = name.chars().take(40).collect();
        faults.push(format!("it has a field {name:?}, which no step has"));
    }
    step.faults = faults;
    step
}

struct Fields<'a> {
    fields: &'a Map<String, Json>,
    faults: &'a mut Vec<String>,
}

impl Fields<'_> {
    /// Returns a text; nothing where it is null, missing or empty.
    fn text(&mut self, name: &str, most: usize) -> Option<String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) if text.trim().is_empty() => None,
            Some(Json::String(text)) if text.len() <= most => Some(text.clone()),
            Some(Json::String(_)) => {
                self.faults.push(format!("its {name} is longer than {most} bytes"));
                None
            }
            Some(_) => {
                self.faults.push(format!("its {name} is not a text"));
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.fields.get(name) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(flag)) => *flag,
            Some(_) => {
                self.faults.push(format!("its {name} is neither true nor false"));
                false
            }
        }
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => vec![],
            Some(Json::Array(items)) if items.len() <= MOST_ITEMS => {
                let fits =
                    |item: &&Json| item.as_str().is_some_and(|text| text.len() <= LONGEST_TEXT);
                let texts: Vec<String> =
                    items.iter().filter(fits).filter_map(Json::as_str).map(str::to_owned).collect();
                if texts.len() < items.len() {
                    self.faults.push(format!("its {name} are not all texts"));
                }
                texts
            }
            Some(_) => {
                self.faults.push(format!("its {name} is not a list of texts"));
                vec![]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_field_is_harmless_and_a_wrong_one_spoils_its_step_alone() {
        let answer = read(&json!({"steps": [
            {"id": "a", "title": "A", "kind": "check", "check": "true"},
            {"id": "a", "title": "A", "kind": "check", "run": 5},
            {"title": "B", "kind": "check", "approved": true},
            7,
        ]}))
        .unwrap();
        let faults: Vec<&[String]> =
            answer.steps.iter().map(|step| step.faults.as_slice()).collect();
        assert_eq!(faults[0], &[] as &[String]);
        assert_eq!(faults[1], ["its run is not a text", "the id \"a\" is used twice"]);
        assert_eq!(faults[2], ["it has no id", "it has a field \"approved\", which no step has"]);
        assert_eq!(faults[3], ["it is not an object"]);
    }
}
