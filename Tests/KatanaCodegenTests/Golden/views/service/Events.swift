import GoldenViews
import Katana
import KatanaTesting

/// Answers with what it was sent, made of the views of it.
struct Events: ViewsAPI {
  func addEvent(body: JSONView<Event>, _ context: Context) async throws -> Event { copy(body) }

  func replaceEvents(body: JSONObjectArrayView<Event>, _ context: Context) throws -> Int64 {
    var sum: Int64 = 0
    for index in body.indices { sum &+= body[index].id }
    return sum
  }

  func addNote(body: JSONView<Note>?, _ context: Context) async throws -> String {
    guard let body else { return "none" }
    return String(copying: body.text)
  }

  func replaceSettings(body: JSONValue, _ context: Context) async throws -> JSONValue { body }
}

/// A struct of what a view's members say.
func copy(_ event: JSONView<Event>) -> Event {
  Event(
    id: event.id,
    kind: event.kind,
    source: String(copying: event.source),
    tags: texts(event.tags),
    token: event.token,
    at: event.at,
    place: Place(name: String(copying: event.place.name), at: event.place.at),
    comment: text(event.comment),
    code: text(event.code),
    mail: text(event.mail),
    counts: values(event.counts),
    kinds: values(event.kinds),
    tokens: values(event.tokens),
    places: places(event.places),
    level: event.level,
    unit: String(copying: event.unit),
    sort: event.sort,
    labels: texts(event.labels),
    share: event.share,
    ratio: event.ratio,
    scale: event.scale,
    urgent: event.urgent,
    payload: event.payload,
    extra: event.extra,
    limits: event.limits,
    size: event.size,
    inner: event.inner,
    rows: event.rows,
    aNameThatIsLongerThanAnyVector: event.aNameThatIsLongerThanAnyVector,
    parts: events(event.parts))
}

private func texts(_ view: JSONTextArrayView) -> [String] { view.indices.map { String(copying: view[$0]) } }

private func text(_ view: UTF8Span?) -> String? {
  guard let view else { return nil }
  return String(copying: view)
}

private func values<Item>(_ view: JSONArrayView<Item>?) -> [Item]? {
  guard let view else { return nil }
  return view.indices.map { view[$0] }
}

private func places(_ view: JSONObjectArrayView<Place>?) -> [Place]? {
  guard let view else { return nil }
  return view.indices.map { Place(name: String(copying: view[$0].name), at: view[$0].at) }
}

private func events(_ view: JSONObjectArrayView<Event>?) -> [Event]? {
  guard let view else { return nil }
  return view.indices.map { copy(view[$0]) }
}

/// What the golden tests talk to.
let contractService = ContractService {
  var router = Router()
  router.register(views: Events())
  return router
}
