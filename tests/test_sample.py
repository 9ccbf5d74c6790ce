"""The short run takes a sample of tests that exist."""

from importlib import import_module

import pytest

from tests import sample


@pytest.mark.parametrize("module", sample.SAMPLED)
def test_each_sampled_test_exists_and_has_parameters(module: str) -> None:
    found = vars(import_module(f"tests.{module}"))
    for name in sample.SAMPLED[module]:
        assert any(mark.name == "parametrize" for mark in found[name].pytestmark), name
