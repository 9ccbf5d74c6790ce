"""The sample of parametrised tests that the short run takes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest

STEP = 3
"""Of a sampled test, every third set of parameters is taken, from the first one on. It is the same in each run."""

SAMPLED = {
    "test_account_scopes": ("test_a_role_needs_its_own_kind_of_place", "test_the_others_hold_a_community"),
    "test_activities": ("test_the_office_leaders_and_branch_members_plan",),
    "test_black_hole": ("test_each_request_says_that_the_database_does_not_answer",),
    "test_changed_columns": ("test_the_next_write_is_done_on_fresh_statements",),
    "test_centre": ("test_a_look_is_on_record_whatever_else_the_operation_names",),
    "test_code_guesses": ("test_unknown_codes_of_mutations_use_up_the_misses_of_an_address",),
    "test_colleagues": (
        "test_a_role_adds_accounts_of_the_roles_that_it_keeps",
        "test_nobody_changes_an_account_of_another_community_or_of_both",
        "test_nobody_changes_an_account_of_their_own_rank_or_above",
    ),
    "test_dispute_corrections": ("test_nobody_speaks_for_whom_they_cannot",),
    "test_finding_colleagues": (
        "test_whoever_gives_a_post_finds_the_worker_and_the_grid",
        "test_whoever_hands_over_a_round_finds_the_worker_and_the_stand_in",
        "test_whoever_plans_the_roster_finds_workers_and_branches",
    ),
    "test_hostile_texts": ("test_a_stranger_asks_for_places",),
    "test_imports": ("test_what_a_failed_formula_left_is_refused", "test_unclear_dates_are_refused_with_the_cell"),
    "test_merges": ("test_whatever_is_merged_is_parted_without_a_trace",),
    "test_notices": ("test_a_notice_is_for_its_audience",),
    "test_null": ("test_null_keeps_what_clear_erases",),
    "test_open_demo": (
        "test_demo_accounts_are_not_served_to_other_machines",
        "test_the_demo_is_not_loaded_where_it_would_be_open",
        "test_this_machine_is_served_the_demo",
    ),
    "test_oracle": (
        "test_answers_alike",
        "test_answers_alike_about_the_life_of_appeals_and_wishes",
        "test_answers_the_checked_in_documents_alike",
        "test_refuses_alike",
        "test_walks_through_a_whole_list_in_both_directions",
    ),
    "test_photo_uploads": ("test_what_is_no_photo_is_refused_by_name_and_leaves_nothing",),
    "test_record": ("test_each_row_that_was_changed_is_found", "test_the_record_and_its_links_only_grow"),
    "test_setup": ("test_a_wrong_cell_is_named_by_sheet_row_and_column",),
    "test_text_doors": ("test_every_text_of_the_api_refuses_control_characters_by_name",),
    "test_wall_writes": ("test_an_act_adds_nothing_to_what_belongs_to_another_community",),
    "test_walls": (
        "test_a_policy_that_is_lost_is_noticed",
        "test_a_rule_that_is_lost_is_held_by_the_second_wall",
        "test_the_records_are_only_added_to",
        "test_the_server_may_do_nothing_but_its_work",
        "test_the_server_reads_no_secret",
    ),
}
"""By module, the tests whose sets go the same way through the code: the same rule for each role, table, field or
document. A test of which each set is a rule or a refusal of its own does not belong here."""


def left_out(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """The sets of parameters outside of the sample. Those that are long anyway do not count."""
    by_test: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        module, name = item.path.stem, item.name.partition("[")[0]
        if name in SAMPLED.get(module, ()) and not item.get_closest_marker("long"):
            by_test[module, name].append(item)
    for sets in by_test.values():
        yield from (each for at, each in enumerate(sets) if at % STEP)
