"""What a server that we asked answers, whole and bounded."""

import aiohttp

ANSWER_BYTES_MAX = 65_536  # no answer about one person or one message is near that


async def whole_answer(answer: aiohttp.ClientResponse, bytes_max: int = ANSWER_BYTES_MAX) -> bytes:
    """The body. Raises aiohttp.ClientPayloadError when it is longer, and what reading it raises."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(16_384):
        body += piece
        if len(body) > bytes_max:
            raise aiohttp.ClientPayloadError("the answer is too large")
    return bytes(body)
