import GoldenBodies
import Katana
import KatanaTesting

/// Answers with what it was sent.
struct Echo: BodiesAPI {
  func sendForm(body: Order, _ context: Context) async throws -> Order { body }
  func sendPlainForm(body: Order, _ context: Context) async throws -> Order { body }
  func sendParts(body: SendPartsBody, _ context: Context) async throws -> String { "\(body.about.x)" }

  func importPoints(body: JSONLines<Point>, _ context: Context) async throws -> Int64 {
    var count: Int64 = 0
    while try await body.next() != nil { count += 1 }
    return count
  }

  func replacePoints(body: [Point], _ context: Context) async throws -> Int64 { Int64(body.count) }

  func importNames(body: JSONLines<String?>, _ context: Context) async throws -> String {
    while try await body.next() != nil {}
    return "read"
  }

  func listNumbers(_ context: Context) async throws -> ResponseStream<Int64?> {
    ResponseStream(AsyncStream { stream in
      for number in [1, nil, 3] as [Int64?] { stream.yield(number) }
      stream.finish()
    })
  }

  func watchNumbers(_ context: Context) async throws -> ResponseStream<[Int64]> {
    ResponseStream(AsyncStream { stream in
      stream.yield([1, 2])
      stream.finish()
    })
  }

  func getPicture(name: String, _ context: Context) async throws -> GetPicture.Response {
    .ok([1, 2, 3], contentType: "image/png")
  }

  func getDocument(
    name: String, accepted: GetDocument.Accepted, _ context: Context
  ) async throws -> GetDocument.Response {
    accepted == .json ? .ok(Point(x: 1)) : .okAny([7], contentType: "image/webp")
  }

  func openAccount(body: AccountInput, _ context: Context) async throws -> Account {
    Account(id: 7, kind: body.kind, limit: body.limit)
  }

  func addPet(body: Pet, _ context: Context) async throws -> Pet { body }

  func listWords(limit: Int64?, near: Point?, words: [String: Int64]?, _ context: Context) async throws -> String {
    "read"
  }

  func search(
    `where`: Clause?, order: [String]?, ids: [Int64]?, pet: Creature?, other: Creature?, xSpan: SearchXSpan?,
    _ context: Context
  ) async throws -> Search {
    Search(where: `where`, order: order, ids: ids, pet: pet, other: other, from: xSpan?.from, to: xSpan?.to)
  }

  func addCreature(body: Creature, _ context: Context) async throws -> Creature { body }
  func addSchedule(body: Schedule, _ context: Context) async throws -> Schedule { body }
  func find(
    span: Point, box: [Int64], filter: FindFilter, doc: Point, ids: [Int64], xPoint: Point, corner: Point,
    _ context: Context
  ) async throws -> String { "found" }
  func sendUpload(body: Upload, _ context: Context) async throws -> String { "read" }
  func editImage(body: EditImageBody, _ context: Context) async throws -> String { "edited" }
  func putImages(body: [String: UploadedFile], _ context: Context) async throws -> String { "put" }
  func sendSpread(body: Spread, _ context: Context) async throws -> Spread { body }
  func sendCounts(body: [String: Int64], _ context: Context) async throws -> [String: Int64] { body }
  func fail(_ context: Context) async throws -> Fail.Response { .notFound }
  func sayNothing(_ context: Context) async throws -> SayNothing.Response { .other(204) }
  func mark(_ context: Context) async throws -> Mark.Response { .ok(xAny: .null, xCount: 1) }
}

/// What the golden tests talk to.
let contractService = ContractService {
  var router = Router()
  router.register(bodies: Echo())
  return router
}
