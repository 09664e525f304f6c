"""Words: their disguises are found, and innocent texts are not."""

import pytest

from tests.policy.rules import judge, matched, rule

Z = "\u200b"  # zero-width space


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("free", "it is FREE.", "FREE"),
        ("FREE", "it is free", "free"),
        ("free", f"fr{Z}e\u00ade now", f"fr{Z}e\u00ade"),
        ("free", "frее", "frее"),  # Cyrillic е
        ("free", "ｆｒｅｅ", "ｆｒｅｅ"),
        ("free", "𝐟𝓻𝔢𝕖", "𝐟𝓻𝔢𝕖"),
        ("free", "ⓕⓡⓔⓔ", "ⓕⓡⓔⓔ"),
        ("free", "⒡⒭⒠⒠", "⒡⒭⒠⒠"),
        ("free", "🅵🆁🅴🅴", "🅵🆁🅴🅴"),
        ("free", "ғʀᴇᴇ", "ғʀᴇᴇ"),
        ("free", "ᖴᖇEE", "ᖴᖇEE"),
        ("free", "fr\U000e0065ee", "fr\U000e0065ee"),  # a letter of tags, which are not shown
        ("free", "fréè", "fréè"),
        ("free", "f\u0336r\u0336e\u0336e\u0336!", "f\u0336r\u0336e\u0336e\u0336"),
        ("free", "fr33", "fr33"),
        ("free", "f.r.e.e", "f.r.e.e"),
        ("free", "f r e e", "f r e e"),
        ("free", "a f r e e x", "f r e e"),
        ("free", "f_r_3_e", "f_r_3_e"),
        ("free", "ffreeeee", "ffreeeee"),
        ("free", "_free_", "free"),
        ("free", "#free", "free"),
        ("free", "free🇺🇸", "free"),
        ("free", "你好free吗", "free"),
        ("free", "\u202efree\u202c", "free\u202c"),
        ("hello", "he11o", "he11o"),
        ("hello", "heIlo", "heIlo"),  # a capital i
        ("loser", "Ioser", "Ioser"),
        ("viagra", "VlAGRA", "VlAGRA"),  # a small L
        ("hello", "he||o", "he||o"),
        ("casino", "cas\u04cfno", "cas\u04cfno"),  # a Cyrillic palochka
        ("casino", "ꓚꓮꓢꓲꓠꓳ", "ꓚꓮꓢꓲꓠꓳ"),  # Lisu
        ("casino", "Ϲasino", "Ϲasino"),  # a Greek lunate sigma
        ("cnn", "ϲnn", "ϲnn"),
        ("free", "fr\u17b4ee", "fr\u17b4ee"),  # a Khmer vowel that is not shown
        ("shit", "sh!t", "sh!t"),
        ("shit", "$h1t", "$h1t"),
        ("shit", "5hit!", "5hit"),
        ("ass", "@ss", "@ss"),
        ("ass", "a$$", "a$$"),
        ("ass", "@ass", "ass"),
        ("soso", "ѕоso", "ѕоso"),  # half of it Cyrillic
        ("сука", "СуКА", "СуКА"),
        ("сука", "cyka", "cyka"),
        ("πορνό", "ΠΟΡΝΟ", "ΠΟΡΝΟ"),
        ("pot", "buy рот now", "рот"),  # all of it Cyrillic
        ("don't", "Don’t", "Don’t"),
        ("free money", "free        money", "free        money"),
        ("free money", "free-money", "free-money"),
        ("free money", "FR33\nM0NEY", "FR33\nM0NEY"),
        ("h1n1", "H1N1", "H1N1"),
        ("免费", "这是免费的", "免费"),
        ("ฟรี", "แจกฟรีวันนี้", "ฟรี"),
        ("ガチャ", "それはｶﾞﾁｬです", "ｶﾞﾁｬ"),
        ("🍆", "hi🍆there", "🍆"),
        ("कमल", "यह कमल है", "कमल"),
        ("straße", "STRASSE", "STRASSE"),
    ],
)
def test_a_word_is_found_however_it_is_disguised(word: str, text: str, found: str) -> None:
    assert matched(text, rule("word", word)) == [found]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("cunt", "Scunthorpe"),
        ("ass", "class, bass, assassin, assess, Massachusetts"),
        ("ass", "455 or 4-5-5"),
        ("ass", "$100 and 5$"),
        ("sex", "Essex, Middlesex"),
        ("tit", "title, titanium"),
        ("cock", "cocktail, Hitchcock, peacock"),
        ("cum", "document, circumstance"),
        ("shit", "Shitake"),
        ("sos", "in the 50s, 505, 100ml"),
        ("leet", "1337"),
        ("tth", "the 7th"),
        ("ball", "bail, BAIL"),
        ("hall", "hail, HAIL, Hail"),
        ("ai", "Al, all, Allan"),
        ("god", "good"),
        ("good", "god, goddd"),
        ("boob", "b00bs"),
        ("h1n1", "hini"),
        ("therapist", "the rapist"),
        ("penis", "the pen is mine"),
        ("free", "carefree, freed, free4u"),
        ("free", "re. f. e. e. r."),
        ("free money", "I am free. Money is not all."),
        ("free money", "free, but no money"),
        ("free money", "free ------ money"),
        ("free money", "money free"),
        ("us", "🇺🇸"),
        ("mail", "małl"),
        ("pot", "открой рот"),  # Russian for a mouth
        ("cop", "там сор"),  # litter
        ("pot", "рот"),
        ("сор", "the good cop"),
        ("免费", "免职, 费用"),
        ("कम", "कमल कुम"),
        ("con", "http://economy.example/icon.png"),
    ],
)
def test_innocent_texts_are_not_found(word: str, text: str) -> None:
    assert matched(text, rule("word", word)) == []


def test_words_with_accents_can_be_excepted_from_those_without() -> None:
    rules = [rule("word", "ano"), rule("word", "año", "allow")]

    assert matched("un año, un ano", *rules) == ["año", "ano"]
    assert matched("feliz AÑO", rules[0]) == ["AÑO"]
    assert matched("sık sık", rule("word", "sik")) == ["sık", "sık"]
    assert judge("sık sık", rule("word", "sik"), rule("word", "sık", "allow")).verdict == "allow"


def test_all_words_of_a_text_are_found_and_by_place() -> None:
    rules = [rule("word", "two"), rule("word", "one"), rule("word", "one two")]

    assert matched("One, two; one two", *rules) == ["One", "two", "one", "one two", "two"]
