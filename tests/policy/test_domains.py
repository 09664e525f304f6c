"""Domains and links: what is named in a text, whatever it looks like."""

import pytest

from tests.policy.rules import judge, matched, rule


@pytest.mark.parametrize(
    ("domain", "text", "found"),
    [
        ("evil.com", "see evil.com!", "evil.com"),
        ("evil.com", "https://EVIL.com./x", "EVIL.com"),
        ("EVIL.com.", "evil.com", "evil.com"),
        ("evil.com", "https://a.b.evil.com:8080/x?y", "a.b.evil.com"),
        ("evil.com", "https://good.com@evil.com/", "evil.com"),
        ("evil.com", "https://good.com:x@evil.com/", "evil.com"),
        ("evil.com", r"https:\\evil.com", "evil.com"),
        ("evil.com", "//evil.com", "evil.com"),
        ("evil.com", "https://good.com/?to=https://evil.com", "evil.com"),
        ("evil.com", "[here](http://evil.com)", "evil.com"),
        ("evil.com", "_evil.com_", "evil.com"),
        ("evil.com", "bob@evil.com", "evil.com"),
        ("evil.com", "ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ．ｃｏｍ"),
        ("evil.com", "evil。com", "evil。com"),
        ("evil.com", "ev\u00adil\u200b.com", "ev\u00adil\u200b.com"),
        ("evil.com", "еvil.com", "еvil.com"),  # Cyrillic е
        ("evil.com", "a.ж.еvil.com", "a.ж.еvil.com"),
        ("evil.com", "xn--vil-qdd.com", "xn--vil-qdd.com"),
        ("evil.com", "e\u0336vil.com", "e\u0336vil.com"),
        ("evil.com", "看evil.com吧", "evil.com"),
        ("evil.com", "https://%65vil%2ecom/", "https://%65vil%2ecom/"),
        ("bücher.de", "BÜCHER.de", "BÜCHER.de"),
        ("bücher.de", "bu\u0308cher.de", "bu\u0308cher.de"),
        ("bücher.de", "www.xn--bcher-kva.de", "www.xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "bücher.de", "bücher.de"),
        ("例子.中国", "http://例子.中国/", "例子.中国"),
        ("1.2.3.4", "http://1.2.3.4:80", "1.2.3.4"),
        ("1.2.3.4", "http://16909060/", "16909060"),
        ("1.2.3.4", "http://bob@0x1020304", "0x1020304"),
        ("1.2.3.4", "http://1.2.772", "1.2.772"),
        ("2001:db8::1", "http://[2001:DB8:0::1]:80/", "2001:DB8:0::1"),
    ],
)
def test_a_domain_is_found_in_every_spelling(domain: str, text: str, found: str) -> None:
    assert matched(text, rule("domain", domain)) == [found]


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        ("evil.com", "notevil.com, evil.com.br, evil.community, evil-com"),
        ("evil.com", "It is evil. Come here."),
        ("evil.com", "e.vil.com"),
        ("paypal.com", "paypa1.com"),  # another domain, whoever owns it
        ("bücher.de", "bucher.de"),
        ("1.2.3.4", "11.2.3.4, 1.2.3.45, 1.2.3.4.5, 16909060"),
        ("2001:db8::1", "[2001:db8::2]"),
        ("evil.com", "xn--\u0131.com, xn--99999999999.com, xn--.com"),
    ],
)
def test_other_hosts_are_not_found(domain: str, text: str) -> None:
    assert matched(text, rule("domain", domain)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://a.com http://b.org", 2),
        ("(https://a.com), <http://b.org>; 'www.c.net'", 3),
        ("[a](https://a.com)[b](https://b.com)", 2),
        ("a.com b.ru/x, c.dev/x.", 3),
        ("ftp://localhost HTTPS://X", 2),
        ("https://a.com/?u=https://b.com", 1),
        ("node.js, e.g. this, Mr.Smith, 3.14, the end.Then, 1.2.3.4, readme.md", 0),
        ("raw.example/path", 1),
        ("https://[::1]/", 1),
        ("https:///a.com, see b.dev…", 2),
        ("what is http:// and www. and // for?", 0),
        ("", 0),
    ],
)
def test_links_are_counted_as_a_reader_would(text: str, count: int) -> None:
    too_many = rule("max_links", str(count))

    assert judge(text, too_many).matches == ()
    if count:
        assert judge(text, rule("max_links", str(count - 1))).verdict == "reject"


def test_what_is_too_much_is_from_the_first_link_too_many() -> None:
    assert matched("a.com b.com c.com!", rule("max_links", "1")) == ["b.com c.com!"]
