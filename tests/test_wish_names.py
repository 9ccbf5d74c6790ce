"""The wish wall tells no names, however they are spelt, and asks about words that may be names."""

import pytest

from rules.refusals import Refusal
from rules.wishes import check_doubts, check_public
from tests.client import Tunping, new_id

ERKIN, IYIDA = "ئەركىن مەمەت", "伊伊达•阿布都拉甫"
TOLD = [
    (IYIDA, "伊伊达·阿布都拉甫想要书桌"),
    (IYIDA, "伊伊达・阿布都拉甫想要书桌"),
    (IYIDA, "伊伊达想要书桌"),
    (IYIDA, "送给阿布都拉甫一张书桌"),
    (IYIDA, "阿布都 拉甫的书桌"),
    (IYIDA, "阿*布*都*拉*甫的书桌"),
    (ERKIN, "ئەركىن ئۈستەل خالايدۇ"),
    (ERKIN, "ئەرکین"),
    (ERKIN, "مەمەتنىڭ"),
    (ERKIN, "ئەركىن  مەمەت"),
    ("王德顺", "王　德　顺想要书桌"),
    ("王德顺", "王\u200b德\u200b顺想要书桌"),
    ("王德顺", "送给 Wang Deshun"),
    ("王德顺", "ＷＡＮＧＤＥＳＨＵＮ的书桌"),
    ("Ерболат Қасым", "ЕРБОЛАТ хочет стол"),
    ("Ерболат Қасым", "Epбoлaт"),
]


@pytest.mark.parametrize(("name", "text"), TOLD)
def test_a_name_of_the_home_is_found_in_any_spelling(name: str, text: str) -> None:
    with pytest.raises(Refusal, match="INVALID_INPUT"):
        check_public(text, [name], "publishedText")


@pytest.mark.parametrize(
    "number", ["١٣٨٠٠١٣٨٠٠٠", "１３８００１３８０００", "१३८००१३८०००", "138 0013 8000", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖"]
)
def test_a_number_is_found_in_digits_of_any_script(number: str) -> None:
    with pytest.raises(Refusal, match="INVALID_INPUT"):
        check_public(f"请打 {number}", [], "publishedText")


def test_doubtful_words_are_asked_about_until_each_is_confirmed() -> None:
    text = "给伟大的孩子们的高山和白雪"
    home, finds = ["王伟"], ["高山", "白雪"]
    for confirmed in ([], ["伟"], ["伟", "高山"], ["白雪", "高山"]):
        with pytest.raises(Refusal, match="NAMES_UNCLEAR"):
            check_doubts(text, home, finds, confirmed, "publishedText")
    check_doubts(text, home, finds, ["伟", "高 山", "白雪"], "publishedText")
    check_doubts("一张书桌", home, [], [], "publishedText")


async def proposed(worker: Tunping, home: str) -> str:
    wish = {"id": new_id("wish"), "household": home, "body": "想要一张书桌"}
    assert (await worker.do("proposeWish", wish))["errors"] == []
    return str(wish["id"])


@pytest.mark.long
async def test_whoever_publishes_is_asked_about_names_of_others(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    homes = (await worker.ask("{ households(first: 2) { nodes { id } } }")).data["households"]["nodes"]
    home, other = (each["id"] for each in homes)
    for where, name in [(home, IYIDA), (home, "张望"), (other, "高 山"), (other, "古丽巴哈尔·买买提")]:
        new = {"id": new_id("resident"), "household": where, "name": name, "sex": "MALE"}
        assert (await worker.do("addResident", new))["errors"] == []
    wish, secretary = await proposed(worker, home), await tunping.as_("书记01")
    for text in (
        "伊伊达·阿布都拉甫",
        "阿布都拉甫",
        "伊伊达",
        "古丽巴哈尔买买提",
        "古丽巴哈尔 ･ 买买提",
        "张望想要书桌",
    ):
        assert await secretary.refused("publishWish", {"wish": wish, "publishedText": text}) == "INVALID_INPUT", text
    step = {"wish": wish, "publishedText": "想看高山，也常望着买买提的画"}
    refused = (await secretary.do("publishWish", step))["errors"]
    assert [(each["code"], each["path"]) for each in refused] == [("NAMES_UNCLEAR", ["publishedText"])]
    assert all(f"「{find}」" in refused[0]["message"] for find in ("高山", "望", "买买提"))
    some = step | {"confirmed": ["高山", "买买提"]}
    assert await secretary.refused("publishWish", some) == "NAMES_UNCLEAR"
    assert (await secretary.do("publishWish", some | {"confirmed": ["高山", "买买提", "望"]}, "wish { status }"))[
        "wish"
    ] == {"status": "PUBLISHED"}
