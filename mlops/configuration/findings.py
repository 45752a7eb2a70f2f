"""What each finding about the YAML itself means; rules on a plan carry theirs in their own file.

An entry is `id: what it is`, then What, Why, Fix and Example, as `mlops explain ID` prints it.
"""

from __future__ import annotations

_TEXT = """\
accept-expired: an incident that is accepted no more.
What: its last day has passed.
Why: the next window with it is a data incident again, which suppresses retraining.
Fix: repair the feed, or retrain on what it is now, and remove the entry; another one needs another approval.
Example: `until: "2026-01-31"` in February.

accept-own-approval: an incident accepted by whoever proposes that.
What: a pull request adds an entry to conf/accept/NAME.yaml whose `approver` opened that pull request.
Why: two people must have looked at it.
Fix: name somebody else, who then reviews the pull request.
Example: `approver: "@ada"` in a pull request of @ada.

bound-direction: a bound on the side where a metric is good.
What: `at_most` for a metric of which more is better, or `at_least` for one of which less is better.
Why: such a rule rewards a bad model.
Fix: use the other of the two.
Example: `{metric: auroc, at_most: 0.8}`.

bound-out-of-range: a bound that no value, or every value, meets.
What: a number outside the range of the metric.
Why: the gate would say the same whatever the model does.
Fix: write a value within the range that the message names.
Example: `{metric: auroc, at_least: 7.4}`.

code-in-yaml: something that could run code or read the environment.
What: a YAML tag, a key between underscores such as `_target_`, a resolver such as `${oc.env:X}`, or `${{ ... }}`.
Why: configuration comes from pull requests; it names components, it never runs anything.
Fix: name a component by `kind:`; refer to another key by `${key.of.this.file}`; keep secrets out of YAML.
Example: `description: ${{ secrets.TOKEN }}`.

column-rule: a rule for a column that says nothing, or refuses everything.
What: a range that begins above its end, a bound of another type than the column, a rule about texts for a number,
    `all_occur` without `in`, a value that `in` allows and `not_in` refuses.
Why: the data would be refused for a slip in the rule, or nothing would be checked.
Fix: correct the bound or the `type`; the message names both.
Example: `columns: {age: {type: int, between: [120, 0]}}`.

columns: the columns of a pipeline contradict each other.
What: a column is both included and excluded, derived and declared, sliced by and excluded, or a target is left out;
    or a derived column lacks its value.
Why: one of the two would silently win.
Fix: keep one of the two.
Example: `data: {target: left, exclude: {leaks: [left]}}`.

composition: files that cannot be put together.
What: a mapping meets a list under one key, a reference names no key, or Hydra refuses the defaults list.
Why: any result would be a guess.
Fix: give the key one shape in every file; name a key of this pipeline in `${...}`.
Example: `select_by: ${data.tarjet}`.

cost: values of decisions that do not fit the task.
What: `evaluate.cost` for a number, four outcomes for several classes, or a table of classes for two.
Why: a decision could not be priced.
Fix: two classes take `false_positive` and `false_negative`, several take `classes: {TRUE: {DECIDED: value}}`.
Example: `{task: regression, evaluate: {cost: {false_positive: -1, false_negative: -10}}}`.

defaults: a defaults list that is not read the way it looks.
What: no `- _self_`, an entry that is not `- /group: option`, or a file that includes itself.
Why: the order of entries decides which value wins.
Fix: one group an entry, each with a leading `/`, and `- _self_` last.
Example: `defaults: [data: churn]`.

engine-without-jobs: something that nothing compiled does.
What: environments or a monitor, and `ci: {kind: gitlab}`.
Why: for GitLab only the jobs of a merge request are compiled: nothing registers, releases or watches by itself.
Fix: type the verbs, or run them in jobs of your own; `ci: {kind: github}` compiles workflows for all of it.
Example: `environments: {prod: {}}` with `ci: {kind: gitlab}`.

exposed-server: a model that anybody may ask.
What: `deploy:` listens on an address that others can reach, and neither a token nor a proxy says who may ask.
Why: whoever reaches the port reads the model's schema, asks it as often as they like, and fills its log.
Fix: `auth: {token_from: NAME}`, an environment variable or file that holds the token; or `behind: proxy`.
Example: `host: 0.0.0.0` and nothing else.

fleet: a table of pipelines that cannot be read.
What: `conf/fleet/NAME.yaml` lacks a template or rows, names a pipeline twice, or a row has a key that pipelines lack.
Why: a row becomes a whole pipeline; a slip in one would be a pipeline nobody asked for.
Fix: correct the row that the message names; `template: template/NAME` is conf/template/NAME.yaml.
Example: two rows called `eu`.

forecast: a forecast that could see its future, or that the other blocks do not fit.
What: a forecasting task without `forecast.horizon`, a split that is not by time, a lag shorter than the horizon, or a
    column that is named for two things or is not known when the forecast is made.
Why: a model that is judged with knowledge it will not have looks better than it will ever be.
Fix: split by time, count lags from the target date, name in `known` only what is known ahead.
Example: `{task: forecasting, forecast: {horizon: 7, lags: [1]}}`.

gate-rule: a rule of a gate, or a slice, that could not be judged as written.
What: fairness without the column it is `of`, of a column that nobody declared, or of a task that is no yes or no;
    McNemar's test of something else than the accuracy of two models on independent rows; a relative margin that is
    no share; bins that do not rise, a cross of one column; a metric of your own without its good side.
Why: the verdict would be about something else than the words say.
Fix: declare the column `sensitive: true`, or write what the message names.
Example: `{fairness: demographic_parity_ratio, at_least: 0.8}`.

hydra-differs: a value that Hydra composes otherwise.
What: `mlops validate --hydra` composed the pipeline with Hydra as well, and a key came out with another value.
Why: what mlops compiles is promised to be what Hydra would give, many times faster.
Fix: report it as a defect of mlops; until then write the value out in the file that names it.
Example: none is known.

image: images without a shape, or a network for images without images.
What: `features: image` needs `image: {shape: [channels, height, width]}`, and a `cnn` needs `features: image`.
Why: pixels in a row do not say how wide a picture is.
Fix: write the shape; choose `- /features: image`.
Example: `model: {cnn: {kind: cnn}}` with `- /features: tabular`.

ledger: an entry of the ledger is damaged, missing, or of nothing.
What: a file below pipelines/NAME/ledger/ is not what its name says, or is gone; a verdict, waiver, acceptance or
    release has no entry; or an entry names others than the newest that the main line had, or a decision of no file.
Why: each entry holds the ones before it by their digests, so that nothing decided can be changed or left out unseen.
Fix: `mlops enter NAME` writes what is missing, with --repair it puts back what is damaged; commit what it writes.
Example: conf/accept/churn.yaml, edited by hand, without `mlops enter churn`.

missing-file: a file that the configuration names is not there.
What: the source, the reference of `drift`, a module of the pipeline's own, conf/project.yaml or conf/policy.yaml; or
    a pipe, socket or device lies below conf/.
Why: the stage that needs it would stop.
Fix: put the file where the message says.
Example: `source: {kind: csv, path: data/churn.csv}` without pipelines/churn/data/churn.csv.

missing-key: a block lacks a key that has no default.
What: the message names the key and the block.
Why: nobody can guess it, as with the target.
Fix: write the key.
Example: a pipeline without `task:`.

name: a file name that cannot name a pipeline.
What: lower-case letters, digits, `_` and `-`, beginning with a letter or digit, 64 at most.
Why: the name becomes a folder, a job and a model in the registry.
Fix: rename the file.
Example: `conf/pipeline/Churn EU.yaml`.

monitor: something watched that could not be measured.
What: a bound on a metric, or a retraining, without labels; a retraining on performance without a bound.
Why: it would never alarm, and silence would pass for health.
Fix: `labels: FILE` and `performance: {metric: ..., no_worse_than: ...}` under `monitor:`.
Example: `monitor: {retrain: {when: [performance]}}`.

no-gate: nothing could stop a bad model.
What: no rule with `mode: block`, neither the pipeline's own nor a preset's.
Why: every model would be packaged.
Fix: choose `- /gates: ...` or write a rule under `gates:`.
Example: `gates: [{metric: auroc, at_least: 0.7, mode: warn}]`.

package-header: the first line of a pipeline is missing.
What: `conf/pipeline/*.yaml` begins with `# @package _global_`.
Why: without it Hydra puts every key under `pipeline:`.
Fix: add the line.
Example: a pipeline whose first line is `defaults:`.

pattern: a regular expression that does not compile.
What: the value of `matches`.
Why: the stage `validate` would stop on it.
Fix: correct the expression; it is matched against the whole value.
Example: `matches: "[a-z"`.

perturbation: a perturbation that cannot be applied.
What: one of images for a table, one of tables for images, or a share greater than 1.
Why: it would change nothing, and a model that is not touched looks robust.
Fix: use one of those that the message names.
Example: `evaluate: {robustness: [blur]}` with `- /features: tabular`.

policy: the pipeline lacks something that conf/policy.yaml asks of its risk tier.
What: too few owners, those of its team counted; no gate by a sensitive column or against the live model; a card with
    gaps, no budget; or a runner, source, package, kind or own metric that the policy does not allow.
Why: the code owners decided it for every pipeline of that risk.
Fix: add what the message names; a change of the policy is a change of its own.
Example: `risk: high` with one owner where the policy asks for two.

release-refused: a release of mlops that the policy refuses.
What: requirements.txt pins a version that `versions.refused` in conf/policy.yaml names, now or at the base commit.
Why: the code owners decided that nothing may be judged or run by it.
Fix: `mlops upgrade --to` another version.
Example: `versions: {refused: ["0.1.3"]}` with `mlops-by-pull-request==0.1.3`.

release-unrecorded: a release of a bundle that Git does not know.
What: a pull request makes a bundle live, and the commit that it is merged into does not hold the lock and the reports
    of the run that made it; what was live there before may come back.
Why: what it was judged on could not be looked at again, nor the bundle be gone back to without the registry.
Fix: merge the lock and the reports first, `mlops record NAME`, then release it.
Example: `bundle: sha256:...` in conf/release/prod/churn.yaml, typed by hand after a training in CI.

remote-unlocked: a DVC remote that what is locked cannot reach.
What: .dvc/config names a remote on s3, gs, azure or ssh, and requirements.txt lacks what DVC needs for it.
Why: every machine installs that lock and nothing else; the first job to fetch or push would fail.
Fix: commit .dvc/config, then `mlops upgrade`: to the release that is pinned it adds what is missing, and nothing moves.
Example: `url = s3://bucket/shop` with a requirements.txt from before.

retrained-never: a retraining that could not come about.
What: the source is no folder of CSV files; a column of `keys`, or the `entity`, is in no label; or such a column has to
    be `unique`, and whoever was served comes back with the new rows.
Why: the alarm would come, and the pull request would not, or its data would be refused.
Fix: the message says it for each: name a folder, add the column to the labels, make it unique together with a time.
Example: `data: {entity: customer, unique: [[customer]]}` with `monitor: {retrain: {when: [drift]}}`.

rule-twice: two rules bound the same thing.
What: one metric, one slice and one kind of bound in two rules, a preset's included.
Why: a verdict could not name which of them failed.
Fix: keep one of the two.
Example: `gates: [{metric: auroc, at_least: 0.7}, {metric: auroc, at_least: 0.8}]`.

serving-rule: a rule on the cost of serving asks for what it has not.
What: `by`, `under`, `over_dummy`, `over_simple`, `relative`, `correction` or `on_missing` beside a latency, throughput,
    cold start, memory or size.
Why: these are measured of the packaged model as a whole, against the live one, and judged in one way only.
Fix: write `at_most`, `at_least` or `over_champion`, and remove what the message names.
Example: `{metric: latency_p99, by: country, at_most: 0.02}`.

source: a source lacks what its kind needs.
What: a package file needs `sha256`, SQL a `query`, a table without a header `names`.
Why: the rows could not be read, or not be trusted.
Fix: write the key that the message names.
Example: `source: {kind: sql, path: data/shop.duckdb}`.

split: a split that cannot be made.
What: fractions that do not add up to 1, a split by group or time without its column, a stratified number.
Why: train, validation and test must share out the rows, each row once.
Fix: as the message says.
Example: `split: {by: group}`.

syntax: a finding that has no id of its own.
What: the message says it.
Why: it stands for what could not be read at all.
Fix: as the message says.
Example: a file that ends within a quotation.

type: a value of the wrong kind.
What: text where a number belongs, a word that is no choice, a number out of range, a malformed name.
Why: values are never converted silently; `"0.1"` is text.
Fix: as the message says; conf/README.md lists every key with its type.
Example: `max_epochs: "40"`.

unknown-group: a defaults entry of a group that does not exist.
What: groups are data, features, model, trainer, evaluate, gates, package, deploy and monitor.
Why: Hydra's own settings (`hydra/launcher` and others) could name code to run, so only these are read.
Fix: use the group that the message suggests.
Example: `defaults: [/modle: mlp]`.

unknown-key: a key that no block of that name has.
What: usually a slip of the pen.
Why: a key that is silently ignored looks as if it worked.
Fix: use the key that the message suggests; conf/README.md lists all.
Example: `descripton: Who will leave?`.

table-rule: a rule for the table that cannot be answered.
What: freshness without a day to count from, a column compared with itself, `ordered` without `columns`, row counts that
    exclude each other.
Why: no stage looks at a clock, so that the same data always gets the same answer.
Fix: write `before:` or `source.recorded`; name two columns.
Example: `freshness: [{column: day, at_most_days: 2}]`.

unknown-metric: a metric that does not exist, or not for this task.
What: the message lists the metrics of the task.
Why: it could never be computed.
Fix: use one of the list.
Example: `task: regression` with a gate on `auroc`.

unknown-option: a choice without a file.
What: neither `conf/GROUP/OPTION.yaml` nor the library has it.
Why: there is nothing to compose.
Fix: use the option that the message suggests, or write the file.
Example: `defaults: [/gates: binary_clasifier]`.

unused-team: a pattern of `teams:` that gives owners to no pipeline.
What: no name matches it, or a later pattern matches each of them too: the last match holds.
Why: somebody thinks that these pipelines are reviewed by that team.
Fix: remove or correct the pattern; order patterns from the general to the special.
Example: `teams: {"risk-*": ["@risk"], "*": ["@data"]}`, where `*` takes everything.

unknown-pipeline: a pipeline without a file.
What: `conf/pipeline/NAME.yaml` does not exist.
Why: there is nothing to do.
Fix: use the name that the message suggests; begin one with `mlops new`.
Example: `mlops validate chrun`.

upgrade-alone: an upgrade that changes something else too, or that another release judges.
What: requirements.txt pins another wheel than at the base commit, and a file changed that is neither lock, kept wheel,
    compiled, recorded by a run, nor YAML exactly as the new release migrates it; or no pin can be read any more.
Why: what a new release changes and what a person changes could not be told apart in one diff.
Fix: split it: one pull request that `mlops upgrade` made, another for the rest. `git revert` of an upgrade passes.
Example: an upgrade that also raises a learning rate.

waiver: a waiver that is about nothing, or breaks a rule of waivers.
What: conf/waiver/NAME.yaml names a rule that the pipeline's gate has not.
Why: it would hold for a rule of that name that somebody adds later.
Fix: `mlops gate NAME --explain -o json` prints the ids of rules; `mlops waive` writes the file.
Example: `rule: aurok`.

waiver-approver: a new waiver that names nobody who may approve it.
What: a pull request adds a waiver whose `approver` owns no policy, as conf/policy.yaml of the base names its `owners`.
Why: a waiver counts where its approver approved it and owns the policy; this one never would.
Fix: name an owner, or a team of theirs, and let them review the pull request.
Example: `approver: "@stranger"` where the policy says `owners: ["@ada"]`.

waiver-expired: a waiver that holds no more.
What: its last day has passed.
Why: the verdict counts the rule again, so the model may not be packaged or released any more.
Fix: repair the model and remove the waiver; a new one needs a new approval.
Example: `expires: "2026-01-31"` in February.

waiver-own-approval: a waiver approved by whoever proposes it.
What: a pull request adds a waiver whose `approver` opened that pull request.
Why: two people must have looked at it.
Fix: name somebody else, who then reviews the pull request.
Example: `approver: "@ada"` in a pull request of @ada.

watched-here: what is watched lies where no job finds it.
What: monitor jobs are compiled, and the prediction log or the labels are a path of one machine's disk: a job begins
    with what is in Git.
Why: each run of the monitor would end with "there is no prediction log", and nobody would be alarmed.
Fix: `log: s3://...` and `labels: s3://...` under `monitor:` (or gs://, az://); `file:///...` on machines that you keep.
Example: `monitor: {every: day}`, whose log is `.mlops/log/NAME`.

yaml-alias: an alias without an anchor, or one inside itself.
What: `*name` stands before `&name`, or within it.
Why: its value would be unknown or endless.
Fix: write the value out.
Example: `a: &x [*x]`.

yaml-ambiguous: a scalar that readers of YAML read differently.
What: `no`, `12:30`, `010`, `1_000`, a bare date and their like.
Why: Git, DVC, Hydra and Python would not agree on what was approved.
Fix: quotes for text; `true`, `false` or a plain number otherwise.
Example: `country: no`.

yaml-depth: nested too deep.
What: more than 50 levels.
Why: no configuration needs them; an attack does.
Fix: flatten it.
Example: sixty opening brackets.

yaml-documents: a second document in one file.
What: a line `---` after the first content.
Why: some readers take the first document, some the last.
Fix: one document a file.
Example: `a: 1`, `---`, `a: 2`.

stages: stages of own code that do not stand in a row.
What: a stage under `stages:` has a name of the compiler's, follows none that there is, or follows the same as another.
Why: rows go through one stage after the other, from `ingest` to `validate`.
Fix: `after: ingest` in the first, `after: NAME` of the one before in each other.
Example: `stages: {enrich: {use: pipelines.churn.enrich:run, after: enrich}}`.

yaml-duplicate: a key written twice.
What: one mapping has the same key two times.
Why: some readers take the first, some the last.
Fix: remove one; the message says where the first stands.
Example: `risk: high` and, below, `risk: minimal`.

yaml-empty: a file without content.
What: nothing, or comments only.
Why: it would be read as null.
Fix: write the keys, or delete the file.
Example: a file of one comment.

yaml-encoding: not UTF-8.
What: bytes that are no UTF-8 text.
Why: the same bytes would be other text elsewhere.
Fix: save the file as UTF-8.
Example: a file saved as Latin-1 with an `é`.

yaml-key: a key that is not text.
What: a number, a date, `null`, a list or a mapping as a key.
Why: readers spell such keys differently.
Fix: quotes around the key.
Example: `1: one`.

yaml-merge: a merge key.
What: `<<`.
Why: YAML 1.2 has none, and readers disagree on who wins.
Fix: a `defaults:` entry, or the keys written out.
Example: `<<: *base`.

yaml-number: a number that does not fit.
What: more than 18 digits, or a value that is not finite.
Why: it would be rounded, differently by different readers.
Fix: quotes, if it is text such as an account number.
Example: `seed: 12345678901234567890`.

yaml-size: a file that is too large.
What: more than 1 MiB, or more than 100,000 values once aliases are written out.
Why: small files can be made to fill a machine's memory.
Fix: keep data out of YAML; write fewer aliases.
Example: nine levels of nine aliases each.

yaml-syntax: not YAML.
What: the parser's own words, at the place where it stopped.
Why: nothing after it can be trusted.
Fix: correct the line; indent with spaces.
Example: `gates: [`.
"""

DOCUMENTED: dict[str, str] = {entry.partition(":")[0]: entry.strip() for entry in _TEXT.split("\n\n")}
