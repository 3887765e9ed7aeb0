"""The list of cases. A case is a sentence that begins with its clause, and a function that is given a way to
connect."""

CASES = []


def case(sentence):
    def add(function):
        CASES.append((sentence, function))
        return function
    return add


def row(sentence, sent, allowed, number=1):
    """A case that sends bytes and looks at what comes of stream `number`."""
    def run(connect):
        with connect() as client:
            client.send(sent)
            client.expect(allowed, number)
    CASES.append((sentence, run))
