import Foundation
import KatanaCodegen
import KatanaContract
import KatanaQueries
import Testing

/// An OpenAPI document held against the queries of the folder Shop.
@Suite struct LinkTests {
  private static let sql = Result {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Shop/db").path
    return try #require(QueryLoader.load(folder: folder, server: .none, translatesToSQLite: true).contract)
  }

  private func report(_ operation: String, _ schemas: String) throws -> (text: String, findings: [String]) {
    let text = """
      openapi: 3.1.0
      info: {title: Shop, version: 1.0.0}
      paths:
      \(operation)
      components:
        schemas:
      \(schemas)
      """
    let (document, findings) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "shop.yaml")
    let report = LinkReport.make(try #require(document, "\(findings.map { $0.rendered() })"), try Self.sql.get())
    return (report.text, report.diagnostics.map { "\($0.severity) \($0.id) \($0.message)" })
  }

  private func customer(_ properties: String, required: String = "id, name", more: String = "") throws -> (
    text: String, findings: [String]
  ) {
    try report(
      """
        /customers/{id}:
          get:
            operationId: getCustomer
            \(more)
            parameters: [{name: id, in: path, required: true, schema: {type: integer, format: int64}}]
            responses:
              '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Customer'}}}}
              '404': {description: none, content: {application/problem+json: {schema: {type: object}}}}
      """, "    Customer: {type: object, required: [\(required)], properties: {\(properties)}}")
  }

  private static let id = "id: {type: integer, format: int64}"
  private static let name = "name: {type: string}"

  @Test func aFieldIsFedByTheColumnOfItsName() throws {
    let (text, findings) = try customer("\(Self.id), \(Self.name), nickname: {type: string}")
    #expect(findings.isEmpty)
    #expect(text.hasPrefix("GET /customers/{id}  getCustomer <- customers.get_customer :opt  (handler generated)\n"))
    #expect(text.contains("/name                   <- name text  customers.name is NOT NULL\n"))
    #expect(text.contains("/nickname               <- nickname text?  customers.nickname may be NULL\n"))
  }

  @Test func aColumnThatMayBeNullBehindARequiredFieldIsAnError() throws {
    let (_, findings) = try customer("\(Self.id), nickname: {type: string}", required: "id, nickname")
    #expect(findings.count == 1 && findings[0].hasPrefix("error KT1023 GET /customers/{id}: response /nickname is required"))
    for schema in ["{type: [string, 'null']}", "{type: string, default: none}"] {
      let isNullable = schema.contains("null")
      let (_, others) = try customer("\(Self.id), nickname: \(schema)", required: isNullable ? "id, nickname" : "id")
      #expect(others.contains { $0.contains("KT1023") } == !isNullable, "\(schema)")
    }
  }

  @Test func anArrayThatMayHoldNullBehindItemsThatAreNotNullableIsAnError() throws {
    func findings(_ properties: String) throws -> (text: String, findings: [String]) {
      try report(
        """
          /nicknames:
            get:
              operationId: nicknames
              responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/All'}}}}}
        """, "    All: {type: object, properties: {\(properties)}}")
    }
    let (_, error) = try findings("nicknames: {type: array, items: {type: string}}")
    #expect(error.count == 1 && error[0].hasPrefix("error KT1023") && error[0].contains("an element"), "\(error)")
    for property in ["nicknames: {type: array, items: {type: [string, 'null']}}", "given: {type: array, items: {type: string}}"] {
      let (text, none) = try findings(property)
      #expect(none.isEmpty, "\(none)")
      #expect(text.contains("(handler generated)"))
    }
  }

  @Test func aTypeThatLosesValuesIsAnError() throws {
    for (property, isLossy) in [
      ("id: {type: integer, format: int32}", true), ("id: {type: integer, format: int64}", false),
      ("id: {type: number, format: double}", true), ("balance: {type: number, format: double}", true),
      ("balance: {type: string}", false), ("balance: {type: integer, format: int64}", true),
      ("mood: {type: string, enum: [happy, so-so]}", true), ("mood: {type: string, enum: [happy, so-so, in a rage, new]}", false),
      ("mood: {type: string}", false), ("name: {type: string, enum: [Ada]}", true), ("born: {type: string, format: date}", false),
      ("since: {type: string, format: date-time}", false),
    ] {
      let (_, findings) = try customer(property, required: "")
      #expect(findings.contains { $0.hasPrefix("error KT1024") } == isLossy, "\(property): \(findings)")
      #expect(findings.isEmpty == !isLossy, "\(property): \(findings)")
    }
    let (_, mismatch) = try customer("name: {type: integer, format: int64}", required: "")
    #expect(mismatch.count == 1 && mismatch[0].hasPrefix("error KT1025"))
  }

  @Test func aQueryOfOneRowAnswers404WhereTheContractHasIt() throws {
    for isDocumented in [true, false] {
      let text = """
        openapi: 3.1.0
        info: {title: Shop, version: 1.0.0}
        paths:
          /orders:
            post:
              operationId: placeOrder
              requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
              responses:
                '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
        \(isDocumented ? "        '404': {description: none}" : "")
        components:
          schemas:
            New: {type: object, required: [customer], properties: {customer: {type: integer, format: int64}, note: {type: string}}}
            Order: {type: object, required: [id], properties: {\(Self.id)}}
        """
      let (document, found) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "shop.yaml")
      let (service, findings) = HighLayer.generate(
        try #require(document, "\(found.map { $0.rendered() })"), name: "shop", contract: "shop.yaml",
        sql: try Self.sql.get(), katana: .init(path: "..", identity: "katana"), command: "katana")
      let files = try #require(service?.files, "\(findings.map { $0.rendered() })")
      let handlers = try #require(files.first { $0.path.hasSuffix("DefaultService.swift") }?.text)
      #expect(handlers.contains("let row = try await orders.placeOrder("))
      #expect(handlers.contains("catch let error as SQLError where error.kind == .noRow {\n      throw Problem(.notFound)") == isDocumented)
    }
  }

  @Test func aDocumentIsAnObjectOrAnArrayOfTheContract() throws {
    for schema in ["{type: object}", "{type: object, additionalProperties: true}", "{type: array, items: {}}", "{}"] {
      let (text, findings) = try customer("\(Self.id), settings: \(schema)", required: "id, settings")
      #expect(findings.isEmpty, "\(schema): \(findings)")
      #expect(text.contains("(handler generated)") && text.contains("/settings               <- settings jsonb"))
    }
    let (_, findings) = try customer(
      "\(Self.id), settings: {type: object, additionalProperties: {type: string}}", required: "id, settings")
    #expect(findings.count == 1 && findings[0].hasPrefix("error KT1025"), "\(findings)")
    #expect(findings.first?.contains("nothing says that the documents") == true)
  }

  @Test func aRequiredFieldWithoutAColumnLeavesTheHandlerToItsAuthor() throws {
    let (text, findings) = try customer("\(Self.id), shoeSize: {type: integer}", required: "id, shoeSize")
    #expect(findings.count == 1 && findings[0].hasPrefix("warning KT1026"), "\(findings)")
    #expect(text.contains("(handler by hand)"))
  }

  @Test func aQueryThatTheContractNamesMustExist() throws {
    let (_, findings) = try customer(Self.id, required: "id", more: "x-katana-query: nobody")
    #expect(findings.count == 1 && findings[0].hasPrefix("error KT1022"), "\(findings)")
    let (text, none) = try customer(Self.id, required: "id", more: "x-katana-query: customers.get_customer")
    #expect(none.isEmpty && text.contains("customers.get_customer"))
  }

  @Test func aListThatTheContractWantsWithItsParentsMustCome() throws {
    let items = "\(Self.id), items: {type: array, items: {type: object}}"
    let (_, findings) = try customer(items, required: "id", more: "x-katana-prefetch: [items]")
    #expect(findings.count == 1 && findings[0].contains("x-katana-prefetch"), "\(findings)")
    let orders = """
        /orders:
          get:
            operationId: listOrders
            x-katana-prefetch: [items]
            parameters:
              - {name: after, in: query, schema: {type: integer, format: int64, default: 0}}
              - {name: limit, in: query, schema: {type: integer, format: int32, default: 10}}
            responses:
              '200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Order'}}}}}
      """
    let (text, none) = try report(
      orders,
      """
          Item: {type: object, required: [id, name], properties: {\(Self.id), \(Self.name)}}
          Order: {type: object, required: [id, items], properties: {\(Self.id), items: {type: array, items: {$ref: '#/components/schemas/Item'}}}}
      """)
    #expect(none.isEmpty, "\(none)")
    #expect(text.contains("/*/items/*/name") && text.contains("(handler generated)"))
  }

  @Test func aParameterThatTheColumnCannotHoldIsAnError() throws {
    for (schema, id) in [
      ("{type: integer, format: int64}", nil), ("{type: string}", "KT1025"), ("{type: number, format: double}", "KT1025"),
    ] {
      let (_, findings) = try report(
        """
          /customers/{id}/name:
            put:
              operationId: renameCustomer
              parameters: [{name: id, in: path, required: true, schema: \(schema)}]
              requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Name'}}}}
              responses:
                '204': {description: done}
                '404': {description: none, content: {application/problem+json: {schema: {type: object}}}}
        """, "    Name: {type: object, required: [name], properties: {\(Self.name)}}")
      #expect(findings.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) } == (id.map { [$0] } ?? []), "\(schema): \(findings)")
    }
  }
}
