import GoldenSchemas
import Katana
import KatanaTesting

/// Answers with what it was sent.
struct Echo: ShapesAPI {
  func writeShapes(body: Shapes, _ context: Context) throws -> Shapes { body }

  func replaceLists(body: [Int64?]?, _ context: Context) throws -> [String: String] {
    ["count": String(body?.count ?? -1)]
  }

  func writeWord(body: String?, _ context: Context) throws -> String? { body }
}

/// What the golden tests talk to.
let contractService = ContractService {
  var router = Router()
  router.register(shapes: Echo())
  return router
}
