import GoldenSQL
import Katana
import KatanaSQL
import Testing

/// Generated repositories on both databases.
@Suite(.serialized) struct ShopTests {
  private static let settings = SQLJSONB(text: "{\"a\": [1, 2]}")

  private nonisolated(nonsending) static func add(
    _ customers: CustomersRepository, _ name: String, mood: Mood = .happy, moods: [Mood] = [], nickname: String? = nil,
    born: SQLDate? = nil, balance: SQLDecimal = 0, _ context: borrowing Context
  ) async throws -> Int64 {
    try await customers.addCustomer(
      name: name, email: "\(name.unicodeScalars.map { String($0.value) }.joined(separator: "-"))@example.com", mood: mood, moods: moods, nickname: nickname, born: born,
      settings: settings, balance: balance, context)
  }

  @Test("a row comes back as it was written", arguments: Kind.allCases)
  func row(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let customers = CustomersRepository(database)
      let id = try await Self.add(
        customers, "Ada", mood: .soSo, moods: [.inARage, .happy], nickname: nil, born: SQLDate("1815-12-10"),
        balance: SQLDecimal("1234567890.12")!, context)
      let row = try #require(try await customers.getCustomer(id: id, context))
      #expect(row.name == "Ada")
      #expect(row.mood == .soSo)
      #expect(row.moods == [.inARage, .happy])
      #expect(row.nickname == nil)
      #expect(row.born == SQLDate("1815-12-10"))
      #expect(row.balance == SQLDecimal("1234567890.12"))
      let settings: JSONValue = try row.settings.decoded()
      let wanted: JSONValue = ["a": [1, 2]]
      #expect(settings == wanted)
      #expect(abs(Instant.now.microseconds - row.since.microseconds) < 600_000_000)
      let missing = try await customers.getCustomer(id: id + 1, context)
      #expect(missing == nil)
      let mail = try await customers.customerByEmail(email: row.email, context)
      #expect(mail == row)
      do {
        _ = try await customers.customerByEmail(email: "nobody@example.com", context)
        Issue.record("a row of nobody")
      } catch let error as SQLError {
        #expect(error.kind == .noRow)
        #expect(error.statement == "customers.customer_by_email")
      }
      let count = try await customers.countCustomers(context)
      #expect(count == 1)
    }
  }

  @Test("filters and orders are what a model makes of the same rows", arguments: Kind.allCases)
  func filters(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      struct Person {
        var id: Int64 = 0
        let name: String
        let mood: Mood
        let born: SQLDate?
        let balance: Int
      }
      let customers = CustomersRepository(database)
      var random = SystemRandomNumberGenerator()
      var people: [Person] = []
      for number in 0..<40 {
        var person = Person(
          name: "\(["ann", "bob", "eve"].randomElement(using: &random)!) \(number)",
          mood: Mood.allCases.randomElement(using: &random)!,
          born: Bool.random(using: &random) ? SQLDate(year: 1990 + number % 7, month: 5, day: 1) : nil,
          balance: number % 11)
        person.id = try await Self.add(
          customers, person.name, mood: person.mood, born: person.born, balance: SQLDecimal(person.balance), context)
        people.append(person)
      }
      let from = SQLDate(year: 1991, month: 1, day: 1), until = SQLDate(year: 1994, month: 1, day: 1)
      for round in 0..<64 {
        let mood: Mood? = round & 1 == 0 ? nil : Mood.allCases.randomElement(using: &random)
        let like: String? = round & 2 == 0 ? nil : ["%ann%", "B%", "%9"].randomElement(using: &random)
        let isBorn = round & 4 != 0
        let sort = CustomersRepository.FindCustomersSort.allCases.randomElement(using: &random)!
        let limit = Int64.random(in: 0...50, using: &random)
        let found = try await customers.findCustomers(
          least: 3, mood: mood, nameLike: like, bornFrom: isBorn ? from : nil, bornUntil: isBorn ? until : nil, limit: limit,
          sort: sort, context)
        let wanted = people.filter { person in
          let name = person.name
          let isLike =
            switch like {
            case "%ann%": name.contains("ann")
            case "B%": name.hasPrefix("b")
            case "%9": name.hasSuffix("9")
            default: true
            }
          let isWithin = person.born.map { $0 >= from && $0 <= until } ?? false
          return person.balance >= 3 && (mood == nil || person.mood == mood) && isLike && (!isBorn || isWithin)
        }
        #expect(found.count == min(wanted.count, Int(limit)))
        #expect(Set(found.map(\.id)).isSubset(of: wanted.map(\.id)))
        let balances = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.balance) })
        let size = Int(limit)
        switch sort {
        case .id, .since:
          let ids: [Int64] = wanted.map { $0.id }.sorted()
          #expect(found.map { $0.id } == Array(ids.prefix(size)))
        case .name:
          let names: [String] = wanted.map { $0.name }.sorted()
          #expect(found.map { $0.name } == Array(names.prefix(size)))
        case .balanceDesc:
          let amounts: [Int] = wanted.map { $0.balance }.sorted { $0 > $1 }
          let foundAmounts: [Int] = found.map { balances[$0.id]! }
          #expect(foundAmounts == Array(amounts.prefix(size)))
        }
      }
      // One bound of the two is no filter.
      let all = try await customers.findCustomers(least: 0, bornFrom: from, limit: 100, context)
      #expect(all.count == people.count)
    }
  }

  @Test("no text becomes part of a statement", arguments: Kind.allCases)
  func injection(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let customers = CustomersRepository(database)
      let attempts = [
        "'; DROP TABLE customers; --", "\"; DELETE FROM customers; --", "$1", "?1", "@name", ":name", "\\'; SELECT 1; --",
        "%' OR '1'='1", "x') RETURNING (SELECT email FROM customers) --", "/*", "*/", "--", "{\"a\",\"b\"}", "NULL", "\\x00",
        "' || (SELECT 'x') || '", "E'\\\\x27'", "\u{FF07} OR 1=1", "${jndi}", "%s%n", "\n;\n", "$$; SELECT 1; $$",
      ]
      for attempt in attempts {
        let id = try await Self.add(customers, attempt, nickname: attempt, context)
        let row = try #require(try await customers.getCustomer(id: id, context))
        #expect(row.name == attempt)
        #expect(row.nickname == attempt)
        let renamed = try await customers.renameCustomer(name: attempt + attempt, id: id, context)
        #expect(renamed == 1)
        _ = try await customers.findCustomers(least: 0, nameLike: attempt, limit: 5, context)
        let mails = try? await customers.customerByEmail(email: attempt, context)
        #expect(mails == nil)
      }
      let count = try await customers.countCustomers(context)
      #expect(count == Int64(attempts.count))
    }
  }

  @Test("lists in rows are those of their parents", arguments: Kind.allCases)
  func lists(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let customers = CustomersRepository(database)
      let orders = OrdersRepository(database)
      let customer = try await Self.add(customers, "Ada", context)
      var placed: [OrdersRow] = []
      for number in 0..<5 {
        let order = try await orders.placeOrder(customer: customer, note: number == 2 ? nil : "note \(number)", context)
        placed.append(order)
        try await orders.addItems(
          (0..<number).map { .init(orderId: order.id, name: "item \($0)", quantity: Int32($0)) }, context)
      }
      let before = context.queryCount
      let listed = try await orders.listOrders(after: 0, limit: 100, context)
      #expect(context.queryCount - before == 2)
      #expect(listed.map(\.id) == placed.map(\.id))
      #expect(listed.map(\.note) == placed.map(\.note))
      #expect(listed.map(\.items.count) == [0, 1, 2, 3, 4])
      for order in listed { #expect(order.items.allSatisfy { $0.orderId == order.id }) }

      let nested = try await orders.ordersWithItems(context)
      #expect(nested.map(\.id) == placed.map(\.id))
      #expect(nested.map { $0.items.map(\.name) } == listed.map { $0.items.map(\.name) })

      let both = try #require(try await orders.orderAndCustomer(id: placed[2].id, context))
      #expect(both.orders.id == placed[2].id)
      #expect(both.customers.name == "Ada")
      #expect(both.orders == placed[2])

      let pairs = try await orders.ordersAndItems(context)
      #expect(pairs.map(\.o) == placed.flatMap { order in
        Array(repeating: order, count: max(1, listed.first { $0.id == order.id }?.items.count ?? 0))
      })
      #expect(pairs.filter { $0.i == nil }.map(\.o.id) == [placed[0].id])
      #expect(pairs.compactMap(\.i?.name) == listed.flatMap { $0.items.map(\.name) })

      let totals = try await orders.totals(context)
      #expect(totals.map(\.pieces) == [10])
      #expect(totals.map(\.lines) == [10])
      #expect(totals.first?.lastPlaced != nil)
    }
  }

  @Test("many rows go in at once, all or none", arguments: Kind.allCases)
  func bulk(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let orders = OrdersRepository(database)
      let customer = try await Self.add(CustomersRepository(database), "Ada", context)
      let order = try await orders.placeOrder(customer: customer, note: nil, context).id
      let rows = (0..<1000).map { number in
        OrdersRepository.ImportItemsInput(
          orderId: order, name: "item \(number)", quantity: Int32(number), remark: number % 3 == 0 ? nil : "'\\\t\n\(number)")
      }
      let count = try await orders.importItems(rows, context)
      #expect(count == 1000)
      let items = try await orders.itemsOf(orders: [order], context)
      #expect(items.map(\.name) == rows.map(\.name))
      #expect(items.map(\.remark) == rows.map(\.remark))

      var bad = rows
      bad[700].orderId = order + 1000
      do {
        _ = try await orders.importItems(bad, context)
        Issue.record("a row of no order was taken")
      } catch let error as SQLError {
        #expect(error.isForeignKeyViolation, "\(error)")
      }
      do {
        try await orders.addItems(
          [.init(orderId: order, name: "a", quantity: 1), .init(orderId: order + 1000, name: "b", quantity: 1)], context)
        Issue.record("a row of no order was taken")
      } catch let error as SQLError {
        #expect(error.isForeignKeyViolation, "\(error)")
      }
      let after = try await orders.itemsOf(orders: [order], context)
      #expect(after.count == 1000)

      let ids = try await orders.addItem((0..<3).map { .init(orderId: order, name: "x \($0)", quantity: 1) }, context)
      #expect(ids.compactMap { $0 }.count == 3)
      let none = try await orders.importItems([], context)
      #expect(none == 0)
    }
  }

  @Test("a transaction is whole or was not", arguments: Kind.allCases)
  func transactions(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      struct Enough: Error {}
      let customers = CustomersRepository(database)
      let id = try await Self.add(customers, "Ada", context)
      do {
        try await database.withTransaction(context) { transaction, context in
          let inside = CustomersRepository(transaction)
          _ = try await inside.renameCustomer(name: "Bea", id: id, context)
          let name = try await inside.getCustomer(id: id, context)?.name
          #expect(name == "Bea")
          throw Enough()
        }
        Issue.record("the error was swallowed")
      } catch is Enough {}
      let unchanged = try await customers.getCustomer(id: id, context)?.name
      #expect(unchanged == "Ada")
      try await database.withTransaction(context) { transaction, context in
        let inside = CustomersRepository(transaction)
        _ = try await inside.renameCustomer(name: "Cid", id: id, context)
        try? await transaction.withTransaction(context) { nested, context in
          _ = try await CustomersRepository(nested).renameCustomer(name: "Dot", id: id, context)
          throw Enough()
        }
        let name = try await inside.getCustomer(id: id, context)?.name
        #expect(name == "Cid")
      }
      let changed = try await customers.getCustomer(id: id, context)?.name
      #expect(changed == "Cid")
    }
  }

  @Test("rows arrive one after another", arguments: Kind.allCases)
  func stream(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let customers = CustomersRepository(database)
      for number in 0..<300 { _ = try await Self.add(customers, "c\(number)", context) }
      var names: [String] = []
      try await customers.eachCustomer(context) { row in
        names.append(row.name)
        if names.count % 50 == 0 { try await context.sleep(milliseconds: 1) }
      }
      #expect(names == (0..<300).map { "c\($0)" })
      var sum: Int64 = 0
      var lengths: [Int] = []
      try await customers.eachCustomerInPlace(context) { row in
        sum += try row.id
        if lengths.count % 50 == 0 { try await context.sleep(milliseconds: 1) }
        lengths.append(try row.name.count)
      }
      let whole = try await customers.countCustomers(context)
      #expect(sum > whole)
      #expect(lengths == names.map(\.utf8.count))
      struct Enough: Error {}
      do {
        try await customers.eachCustomer(context) { _ in throw Enough() }
        Issue.record("the error was swallowed")
      } catch is Enough {}
      let count = try await customers.countCustomers(context)
      #expect(count == 300)
    }
  }

  @Test("an array holds nil where an element is NULL", arguments: Kind.allCases)
  func nullElements(_ kind: Kind) async throws {
    try await kind.withShop { database, context in
      let customers = CustomersRepository(database), orders = OrdersRepository(database), lists = ListsRepository(database)
      let none = try await lists.nicknames(context)
      #expect(none == .init(nicknames: [], names: nil, given: []))
      let ada = try await Self.add(customers, "Ada", nickname: "A", context)
      _ = try await Self.add(customers, "Bob", nickname: nil, context)
      _ = try await Self.add(customers, "Eve", nickname: "NULL", context)
      let all = try await lists.nicknames(context)
      #expect(all == .init(nicknames: ["A", nil, "NULL"], names: ["Ada", "Bob", "Eve"], given: ["A", "NULL"]))
      let empty = try await orders.placeOrder(customer: ada, note: nil, context).id
      let full = try await orders.placeOrder(customer: ada, note: nil, context).id
      _ = try await orders.importItems(
        [.init(orderId: full, name: "x", quantity: 3, remark: nil), .init(orderId: full, name: "y", quantity: 3, remark: "")],
        context)
      let lines = try await lists.lines(context)
      #expect(lines[0] == .init(id: empty, names: [nil], quantities: [nil], remarks: []))
      #expect(lines[1].names.map { $0 ?? "" }.sorted() == ["x", "y"])
      #expect(lines[1].quantities == [3, 3])
      #expect(lines[1].remarks == [nil, ""])
      let echo = try await lists.echo(
        texts: ["a"], numbers: [nil, .max, .min], moods: [.inARage, nil], text: nil, whole: ["w"], context)
      #expect(
        echo == .init(
            texts: ["a"], numbers: [nil, .max, .min], moods: [.inARage, nil], made: [nil, "end"], sure: ["a"], whole: ["w"]))
      let nothing = try await lists.echo(texts: [], numbers: nil, moods: [], text: "t", whole: [], context)
      #expect(nothing.numbers == nil && nothing.texts == [] && nothing.made == ["t", "end"])
      do {
        _ = try await lists.echo(texts: [nil], numbers: nil, moods: [], text: nil, whole: [], context)
        Issue.record("what the query says is never NULL was read as nil")
      } catch let error as SQLError {
        #expect(error.kind == .undecodable)
      }
    }
  }
}
