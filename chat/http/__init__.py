"""What every HTTP API of ours has in common: who asks, what is refused, how lists are cut, what happens once.

`auth` tells who asks, `bodies` reads what they sent, `problems` words what is refused, `rows` fetches what is theirs,
`idempotency` lets a request be sent again, `openapi` describes all of it.
"""
