//! What a rule looks at: the texts in order, the plan, the inventory, the facts.

use super::facts::Facts;
use super::manifest::Manifest;
use super::python::Python;
use super::reading::Unread;
use super::unit::{Run, Unit};
use crate::evidence::DryRun;
use crate::inventory::Inventory;
use crate::plan::Plan;

/// Everything a rule may use.
#[derive(Debug)]
pub struct Context<'a> {
    /// The shell texts, in the order in which they would run.
    pub units: Vec<Unit<'a>>,
    /// Texts that other shells read (`bash -c`, `ssh`), each by itself, for rules that look at how a text is written.
    pub payloads: Vec<Unit<'a>>,
    /// The Python script, where it is one.
    pub python: Option<Python<'a>>,
    /// What would run and is not read.
    pub unread: Vec<Unread>,
    /// Manifests of Kubernetes.
    pub manifests: &'a [Manifest],
    /// The plan, where it is one.
    pub plan: Option<&'a Plan>,
    /// The inventory, where there is one.
    pub inventory: Option<&'a Inventory>,
    /// What the outside knows.
    pub facts: &'a Facts,
    /// What a dry run of the plan showed, where that is what is judged.
    pub seen: Option<&'a DryRun>,
}

impl<'a> Context<'a> {
    /// Returns the inventory where it is what is checked, not where it only stands beside a plan.
    pub fn inventory_alone(&self) -> Option<&'a Inventory> {
        self.inventory.filter(|_| self.plan.is_none() && self.units.is_empty())
    }

    /// Returns every shell text, also those inside others: what a rule goes through that looks at statements. What is
    /// inside has no context; a rule over commands finds them in the units themselves.
    pub fn scripts(&self) -> impl Iterator<Item = &Unit<'a>> {
        self.units.iter().chain(&self.payloads)
    }

    /// Returns every command with its unit, in order.
    pub fn runs(&self) -> impl Iterator<Item = (&Unit<'a>, Run<'_>)> {
        self.units.iter().flat_map(|unit| unit.runs().map(move |run| (unit, run)))
    }

    /// Returns the commands of these names with their units, in order: what a rule should start from.
    pub fn named<'c>(&'c self, names: &'c [&str]) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        self.units.iter().flat_map(move |unit| unit.named(names).map(move |run| (unit, run)))
    }

    /// Returns the commands of these names, and those whose output goes into a file, with their units, in order.
    pub fn writing<'c>(
        &'c self,
        names: &'c [&str],
    ) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        self.units.iter().flat_map(move |unit| unit.writing(names).map(move |run| (unit, run)))
    }

    /// Returns the commands of these names before one.
    pub fn named_before<'c>(
        &'c self,
        unit: &'c Unit<'a>,
        run: Run<'c>,
        names: &'c [&str],
    ) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        let position = self.position(unit);
        self.units[..=position].iter().enumerate().flat_map(move |(at, unit)| {
            unit.named(names)
                .filter(move |other| at < position || other.index < run.index)
                .map(move |other| (unit, other))
        })
    }

    /// Returns the commands before one: those above it, and those of earlier texts.
    pub fn before<'c>(
        &'c self,
        unit: &'c Unit<'a>,
        run: Run<'c>,
    ) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        let position = self.position(unit);
        self.units[..=position].iter().enumerate().flat_map(move |(at, unit)| {
            unit.runs()
                .filter(move |other| at < position || other.index < run.index)
                .map(move |other| (unit, other))
        })
    }

    /// Returns the commands of these names behind one.
    pub fn named_after<'c>(
        &'c self,
        unit: &'c Unit<'a>,
        run: Run<'c>,
        names: &'c [&str],
    ) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        let position = self.position(unit);
        self.units[position..].iter().enumerate().flat_map(move |(at, unit)| {
            unit.named(names)
                .filter(move |other| at > 0 || other.index > run.index)
                .map(move |other| (unit, other))
        })
    }

    /// Returns the commands behind one.
    pub fn after<'c>(
        &'c self,
        unit: &'c Unit<'a>,
        run: Run<'c>,
    ) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>)> {
        let position = self.position(unit);
        self.units[position..].iter().enumerate().flat_map(move |(at, unit)| {
            unit.runs()
                .filter(move |other| at > 0 || other.index > run.index)
                .map(move |other| (unit, other))
        })
    }

    /// Returns the texts from one on, that one first.
    pub fn from(&self, unit: &Unit<'a>) -> &[Unit<'a>] {
        &self.units[self.position(unit)..]
    }

    /// Returns the texts up to one, that one last.
    pub fn up_to(&self, unit: &Unit<'a>) -> &[Unit<'a>] {
        &self.units[..=self.position(unit)]
    }

    fn position(&self, unit: &Unit<'a>) -> usize {
        let found = self.units.iter().position(|one| std::ptr::eq(one, unit));
        found.unwrap_or(0)
    }
}
