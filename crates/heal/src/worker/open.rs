//! Opening of an issue: for one group alone, or for several that share it.

use std::collections::BTreeSet;

use autoheal_prepare::Timestamp;
use autoheal_store::{BundleKind, Change, Group, GroupId, NewIssue, Work};

use super::act::issue_in;
use super::live::was_edited;
use super::{WorkResult, Worker};
use crate::compose::total;
use crate::decide::{Budget, Decision, decide, may_link, text_form, text_is_fixed};
use crate::github::GithubError;
use crate::opening::{MAX_MEMBERS, Opening, are_alike, opening};
use crate::write::Write;

/// Maximum number of related issues that a text names.
const MAX_LINKS: usize = 10;
/// Maximum number of issues that are looked at in order to share one, because each costs a request.
const MAX_LEADS: usize = 5;
/// Note on a group that waits for the others of a storm.
const IN_A_STORM: &str = "it arrived in a storm of new failures, which are gathered for one issue";

impl Worker {
    /// Carries out the decision that a group needs an issue.
    pub(super) async fn open(&mut self, work: &Work, now: Timestamp) -> WorkResult<()> {
        let group = work.group.id;
        let bundling = self.settings.bundling;
        let related = self.store.related(group).await?;
        let newcomers = if bundling.digest == 0 {
            Vec::new()
        } else {
            let (known, at) = (work.group.known, work.group.first_seen);
            self.store.newcomers(&self.settings.project, known, at, bundling.window).await?
        };
        match opening(work, &related, &newcomers, bundling, now) {
            Opening::Wait(until) => {
                let changes = vec![Change::Note(Some(IN_A_STORM.to_owned())), Change::ActAt(until)];
                Ok(self.store.change(group, changes).await?)
            }
            Opening::Join(leads) => {
                let mut asked = 0;
                for lead in leads {
                    let Some(number) = self.growing_issue(lead, now).await? else { continue };
                    asked += 1;
                    if asked > MAX_LEADS {
                        break;
                    }
                    if self.is_open(number, lead).await? {
                        tracing::info!(fingerprint = %work.group.fingerprint, "worker: shares its near-duplicates' issue");
                        let is_known = work.sample.sender.is_known();
                        return Ok(self.store.change(group, vec![Change::Join(lead, is_known, now)]).await?);
                    }
                }
                self.open_for(work, &related, BundleKind::Related, Vec::new()).await
            }
            Opening::Alone => self.open_for(work, &related, BundleKind::Related, Vec::new()).await,
            Opening::Share(kind, candidates) => {
                let members = self.in_need_of_an_issue(work, candidates, now).await?;
                self.open_for(work, &related, kind, members).await
            }
        }
    }

    /// Stores and sends the write that opens an issue.
    async fn open_for(
        &mut self,
        work: &Work,
        related: &[Group],
        kind: BundleKind,
        members: Vec<Group>,
    ) -> WorkResult<()> {
        let ids: Vec<GroupId> = members.iter().map(|member| member.id).collect();
        let links = self.links(work, related, &ids).await?;
        let mut work = work.clone();
        (work.members, work.group.links) = (members, links.clone());
        let form = text_form(&work, &self.settings);
        let write = Write::OpenIssue {
            fingerprint: work.group.fingerprint,
            count: total(&work),
            issue: issue_in(&work, form, &self.settings),
            sample: work.sample.id,
            form,
        };
        let issue = NewIssue {
            group: work.group.id,
            payload: write.payload(),
            members: ids,
            kind,
            known: work.sample.sender.is_known(),
            links,
        };
        let intent = self.store.begin_issue(&self.settings.project, issue, self.clock.now()).await?;
        self.send(intent, &write).await
    }

    /// Those of the candidates that need an issue now, and whose text is trusted like that of the group.
    async fn in_need_of_an_issue(
        &mut self,
        work: &Work,
        candidates: Vec<GroupId>,
        now: Timestamp,
    ) -> WorkResult<Vec<Group>> {
        let budget = Budget { issues: 1, hand_overs: 0 };
        let mut members = Vec::new();
        for candidate in candidates {
            let Some(other) = self.store.work(candidate).await? else { continue };
            let is_alike = are_alike(work, &other.group) && other.sample.sender.is_known() == work.group.known;
            if is_alike && decide(&other, &self.settings, budget, now) == Decision::OpenIssue {
                members.push(other.group);
            }
        }
        members.sort_by_key(|member: &Group| member.id);
        Ok(members)
    }

    /// The numbers of related issues that the text may name.
    async fn links(&mut self, work: &Work, related: &[Group], members: &[GroupId]) -> WorkResult<Vec<u64>> {
        let mut numbers = BTreeSet::new();
        if !may_link(work, &self.settings) {
            return Ok(Vec::new());
        }
        for other in related.iter().filter(|other| are_alike(work, other) && !members.contains(&other.id)) {
            let Some(link) = &other.issue else { continue };
            if numbers.len() < MAX_LINKS && self.other_repository(other).await?.is_none() {
                numbers.insert(link.number);
            }
        }
        Ok(numbers.into_iter().collect())
    }

    /// The issue of a group, if it has space for another one and its text can still name it.
    async fn growing_issue(&mut self, group: GroupId, now: Timestamp) -> WorkResult<Option<u64>> {
        let Some(work) = self.store.work(group).await? else { return Ok(None) };
        let Some(link) = &work.group.issue else { return Ok(None) };
        if work.members.len() >= MAX_MEMBERS || text_is_fixed(&work, now) {
            return Ok(None);
        }
        let is_elsewhere = self.other_repository(&work.group).await?.is_some();
        Ok((!is_elsewhere).then_some(link.number))
    }

    /// True if an issue is open, and no person edited its text. A person closed it for a reason, so nothing new is added to
    /// a closed one; an edited one keeps its text.
    async fn is_open(&mut self, number: u64, lead: GroupId) -> WorkResult<bool> {
        let Some(work) = self.store.work(lead).await? else { return Ok(false) };
        match self.github.issue(number).await {
            Ok(issue) => Ok(issue.is_open() && !issue.is_locked() && !was_edited(&issue, &work)),
            // it was deleted
            Err(GithubError::Refused { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
