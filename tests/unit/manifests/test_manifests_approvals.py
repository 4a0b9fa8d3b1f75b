"""approvals.yaml: what it may say, and where it is wrong."""

import jsonschema
import pytest

from dsac.core.plan import Allowances
from dsac.errors import ManifestError
from dsac.manifests.approvals import approvals_schema, load_approvals

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")


def problems_of(folder, text: str) -> list[str]:
    folder.write("approvals.yaml", text)
    with pytest.raises(ManifestError) as caught:
        load_approvals(folder.root)
    return [str(problem) for problem in caught.value.problems]


def test_without_the_file_nothing_is_approved(folder):
    assert load_approvals(folder.root) == ()


def test_it_holds_one_approval_a_list_or_documents_of_either(folder):
    folder.write(
        "approvals.yaml",
        f"plan: {ONE}\ndelete: 12\nlabel_loss: 0\ncategory_change: 0\n---\n"
        f"- plan: {TWO}\n  label_loss: 3\n- {{plan: {THREE}, recreate: true}}\n",
    )
    first, second, third = load_approvals(folder.root)
    assert first.plan == ONE
    assert first.allow == Allowances(delete=12, label_loss=0, category_change=0)
    assert first.where == "approvals.yaml:1:7"
    assert first.places["delete"] == "approvals.yaml:2:9"
    assert (second.plan, second.allow) == (TWO, Allowances(label_loss=3))
    assert second.places == {
        "plan": "approvals.yaml:6:9",
        "label_loss": "approvals.yaml:7:15",
    }
    assert (third.plan, third.allow) == (THREE, Allowances(recreate=True))


def test_a_link_out_of_the_project_is_not_read(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("canary: 1\n")
    (folder.root / "approvals.yaml").symlink_to(secret)
    with pytest.raises(ManifestError, match="leaves the project") as caught:
        load_approvals(folder.root)
    assert "canary" not in str(caught.value)
    (folder.root / "approvals.yaml").unlink()
    folder.write("mine.yaml", f"plan: {ONE}\ndelete: 1\n")
    (folder.root / "approvals.yaml").symlink_to("mine.yaml")
    assert len(load_approvals(folder.root)) == 1


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n"])
def test_an_empty_file_approves_nothing(text, folder):
    folder.write("approvals.yaml", text)
    assert load_approvals(folder.root) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"plan: {ONE}\ndeletes: 1\n", "2:1: unknown key 'deletes'\n  did you mean"),
        (f"plan: {ONE}\ndelete: '1'\n", '2:9: delete is "1"\n  write a whole number'),
        (f"plan: {ONE}\ndelete: true\n", "2:9: delete is true\n  write a whole"),
        (f"plan: {ONE}\ndelete: null\n", "2:9: delete is null\n  write a whole"),
        (f"plan: {ONE}\ndelete: 1.5\n", "2:9: delete"),
        (f"plan: {ONE}\ndelete: -1\n", "2:9: delete: Input should be greater"),
        (f"plan: {ONE}\nrecreate: 1\n", "2:11: recreate is 1\n  write true or false"),
        (f"plan: {ONE}\ndelete: 1\ndelete: 2\n", "3:1: "),
        ("delete: 1\n", "1:1: 'plan' is missing"),
        (
            "plan: sha256:9f1c\ndelete: 1\n",
            "1:7: plan: 'sha256:9f1c' is no whole digest; copy",
        ),
        ("plan: 12\ndelete: 1\n", "1:7: plan is 12\n  write a string"),
        (f"- plan: {ONE}\n  deletes: 1\n", "2:3: unknown key 'deletes'\n  did you"),
        (f"- plan: {ONE}\n  delete: x\n", "2:11: 0.delete"),
        ("- 3\n", "1:3: 0 is 3"),
        ("3\n", "1:1: 3 is no approval"),
        (f"plan: {ONE}\n", "1:7: this approval allows nothing"),
        (
            f"- {{plan: {ONE}, delete: 1}}\n- {{plan: {ONE}, delete: 2}}\n",
            f"2:10: plan {ONE} has another approval at approvals.yaml:1:10",
        ),
        ("plan: ${x}\ndelete: 1\n", "1:7: "),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, found, folder):
    (first, *_) = problems_of(folder, text)
    assert first.startswith(f"approvals.yaml:{found}")


def test_the_schema_says_the_same():
    validator = jsonschema.Draft202012Validator(approvals_schema())
    validator.check_schema(approvals_schema())
    one = {"plan": ONE, "delete": 1}
    assert validator.is_valid(one)
    assert validator.is_valid([one, one])
    for wrong in ({"delete": 1}, {**one, "delete": -1}, {**one, "x": 1}, 3):
        assert not validator.is_valid(wrong)


def test_a_file_that_can_t_be_read_is_no_approval(folder):
    (folder.root / "approvals.yaml").mkdir()
    with pytest.raises(ManifestError, match=r"approvals\.yaml: can't be read"):
        load_approvals(folder.root)
