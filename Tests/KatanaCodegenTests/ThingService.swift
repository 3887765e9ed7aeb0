import Katana
import KatanaTesting

/// The service of Golden/everything: answers with what it was sent.
struct ThingEcho: ThingsAPI {
  func writeThing(
    id: UUID, flag: Bool?, ids: [Int64]?, colors: [Color]?, color: Color, mode: Color, since: Instant?, ratio: Double,
    xRequestTags: [String]?, session: String?, body: Thing, _ context: Context
  ) throws -> Thing { body }
}

/// What the tests of Golden/everything talk to.
let contractService = ContractService {
  var router = Router()
  router.register(things: ThingEcho())
  return router
}
