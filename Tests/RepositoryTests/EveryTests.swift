import GoldenTypesSQL
import Katana
import KatanaPostgres
import KatanaSQL
import TestSupport
import Testing

/// Every type, sent and read by generated code, beside what psql shows of the same row.
@Suite struct EveryTests {
  @Test("values at their edges arrive as they were sent, and psql shows the same")
  func edges() async throws {
    let (name, address) = try newDatabase(GoldenTypesSQL.Migrations.all)
    let database = try PostgresDatabase(address, options: .patient)
    let rows = Self.rows
    try await inRequest { context in
      let repository = EveryRepository(database)
      for row in rows {
        try await repository.add(row, context)
        var back = try await repository.getEvery(id: row.id, context)
        if row.aFloat8?.isNaN == true, back.aFloat8?.isNaN == true { back.aFloat8 = nil }
        var sent = row
        if row.aFloat8?.isNaN == true { sent.aFloat8 = nil }
        #expect(back == sent)
      }
      try await repository.add(Self.nothing, context)
      let nothing = try await repository.getEvery(id: Self.nothing.id, context)
      #expect(nothing == Self.nothing)
      let count = try await repository.copyEvery(
        [
          .init(id: 100, aText: "copied\t\\.", aColour: .darkGreen, manyText: ["a", "NULL", ""], aNumeric: SQLDecimal("1.50")),
          .init(id: 101, aText: nil, aColour: nil, manyText: nil, aNumeric: nil),
        ], context)
      #expect(count == 2)
      let copied = try await repository.getEvery(id: 100, context)
      #expect(copied.aColour == .darkGreen)
      #expect(copied.manyText == ["a", "NULL", ""])
    }
    let shown = try SharedPostgres.server().psql(
      """
      SET timezone = 'UTC';
      SELECT a_int8, a_numeric, a_date, a_timestamptz, a_interval, a_place, many_colour, a_tstzrange, many_bytea, a_percent
      FROM every WHERE id = 1;
      SELECT count(*) FROM every WHERE a_float8 = 'NaN' AND a_date = 'infinity' AND a_timestamptz = '-infinity';
      SELECT a_text FROM every WHERE id = 100;
      """, in: name)
    #expect(
      shown == """
        9223372036854775807|12345678901234567890.0123456789|0044-03-15 BC|2026-01-31 12:30:00.000001+00|-1 years +3 days \
        04:05:06.5|("Main ""St"" \\\\1",,"a,b")|{red,"dark green"}|["2026-01-31 12:30:00.000001+00",)|\
        {"\\\\x00ff","\\\\x"}|100
        1
        copied\t\\.
        """)
  }

  @Test("each member of a row of a stream is the same where the row lies")
  func inPlace() async throws {
    let database = try PostgresDatabase(newDatabase(GoldenTypesSQL.Migrations.all).address, options: .patient)
    try await inRequest { context in
      let repository = EveryRepository(database)
      for row in Self.rows + [Self.nothing] { try await repository.add(row, context) }
      var copied: [EveryRow] = [], read: [EveryRow] = []
      try await repository.eachEvery(context) { copied.append($0) }
      try await repository.eachEveryInPlace(context) { row in
        read.append(try Self.whole(row))
        try await context.sleep(milliseconds: 0)
        // The row stays where it is until the body has ended.
        read[read.count - 1] = try Self.whole(row)
      }
      #expect(read.count == Self.rows.count + 1)
      // NaN is not itself.
      #expect("\(read)" == "\(copied)")
    }
  }

  private static func whole(_ row: borrowing SQLRowView<EveryRow>) throws -> EveryRow {
    try EveryRow(
      id: row.id, aBool: row.aBool, aInt2: row.aInt2, aInt4: row.aInt4, aInt8: row.aInt8, aFloat4: row.aFloat4,
      aFloat8: row.aFloat8, aNumeric: row.aNumeric, aText: text(row.aText), aVarchar: text(row.aVarchar),
      aChar: text(row.aChar), aBytea: bytes(row.aBytea), aUuid: row.aUuid, aDate: row.aDate, aTime: row.aTime,
      aTimestamp: row.aTimestamp, aTimestamptz: row.aTimestamptz, aInterval: row.aInterval, aJson: row.aJson,
      aJsonb: row.aJsonb, aColour: row.aColour, aPercent: row.aPercent, aPlace: row.aPlace,
      aInt4range: row.aInt4range, aTstzrange: row.aTstzrange, aNumrange: row.aNumrange, manyBool: row.manyBool,
      manyInt8: row.manyInt8, manyText: row.manyText, manyVarchar: row.manyVarchar, manyNumeric: row.manyNumeric,
      manyUuid: row.manyUuid, manyTimestamptz: row.manyTimestamptz, manyBytea: row.manyBytea,
      manyJsonb: row.manyJsonb, manyColour: row.manyColour, manyPercent: row.manyPercent)
  }

  private static func text(_ span: UTF8Span?) -> String? {
    guard let span else { return nil }
    return String(copying: span)
  }

  private static func bytes(_ span: RawSpan?) -> [UInt8]? {
    guard let span else { return nil }
    return span.withUnsafeBytes { Array($0) }
  }

  @Test("a COPY in text brings what one statement for each row would")
  func copiedAsText() async throws {
    let database = try PostgresDatabase(newDatabase(GoldenTypesSQL.Migrations.all).address, options: .patient)
    try await inRequest { context in
      let repository = EveryRepository(database)
      var rows = Self.rows + [Self.nothing]
      var odd = Self.nothing
      odd.id = 1000
      odd.aText = "\\.\n\\N\t\r\n\\\\ \u{7}\u{8} é\u{1F600}\\"
      odd.manyText = ["\\", "\n", "\"", "{}", "NULL", "a\tb"]
      odd.aPlace = Place(street: "\t\\\n\"(,)", number: nil, zip: "")
      odd.aBytea = [UInt8](0...255)
      rows.append(odd)
      let count = try await repository.copyAll(
        rows.map { row in
          .init(
            id: row.id, aBool: row.aBool, aInt2: row.aInt2, aInt4: row.aInt4, aInt8: row.aInt8, aFloat4:
            row.aFloat4, aFloat8: row.aFloat8, aNumeric: row.aNumeric, aText: row.aText, aVarchar: row.aVarchar,
            aChar: row.aChar, aBytea: row.aBytea, aUuid: row.aUuid, aDate: row.aDate, aTime: row.aTime,
            aTimestamp: row.aTimestamp, aTimestamptz: row.aTimestamptz, aInterval: row.aInterval, aJson:
            row.aJson, aJsonb: row.aJsonb, aColour: row.aColour, aPercent: row.aPercent, aPlace: row.aPlace,
            aInt4range: row.aInt4range, aTstzrange: row.aTstzrange, aNumrange: row.aNumrange, manyBool:
            row.manyBool, manyInt8: row.manyInt8, manyText: row.manyText, manyVarchar: row.manyVarchar,
            manyNumeric: row.manyNumeric, manyUuid: row.manyUuid, manyTimestamptz: row.manyTimestamptz,
            manyBytea: row.manyBytea, manyJsonb: row.manyJsonb, manyColour: row.manyColour, manyPercent:
            row.manyPercent)
        }, context)
      #expect(count == rows.count)
      for row in rows {
        // NaN is not itself.
        let back = try await repository.getEvery(id: row.id, context)
        #expect("\(back)" == "\(row)")
      }
    }
  }

  @Test("elements of every type may be NULL, both ways")
  func nullElements() async throws {
    let database = try PostgresDatabase(newDatabase(GoldenTypesSQL.Migrations.all).address, options: .patient)
    try await inRequest { context in
      let repository = EveryRepository(database)
      let full = EveryRepository.EchoRow(
        bytes: [nil, [], [0, 255]], decimals: [SQLDecimal("-1.50"), nil], times: [nil, Self.moment],
        documents: [SQLJSONB(text: "null"), nil], colours: [nil, .darkGreen], percents: [7, nil],
        places: [nil, Place(street: "NULL", number: nil, zip: "")])
      for row in [
        full, .init(bytes: [], decimals: [], times: [], documents: [], colours: [], percents: [], places: []),
        .init(bytes: [nil], decimals: [nil], times: [nil], documents: [nil], colours: [nil], percents: [nil], places: [nil]),
      ] {
        let back = try await repository.echo(
          bytes: row.bytes, decimals: row.decimals, times: row.times, documents: row.documents, colours: row.colours,
          percents: row.percents, places: row.places, context)
        #expect(back == row)
      }
      for id: Int32 in 1...3 {
        var row = Self.nothing
        (row.id, row.aText) = (id, "old")
        try await repository.add(row, context)
      }
      let changed = try await repository.setTexts(ids: [1, 3], texts: [nil, "new"], context)
      #expect(changed == 2)
      let labels = try await repository.labels(context)
      #expect(labels?.sorted { ($0 ?? "") < ($1 ?? "") } == [nil, "new", "old"])
    }
  }

  @Test("types without a codec travel as text, and sort and compare as what they are")
  func textual() async throws {
    let database = try PostgresDatabase(newDatabase(GoldenTypesSQL.Migrations.all).address, options: .patient)
    try await inRequest { context in
      let repository = HostsRepository(database)
      func add(_ id: Int32, _ address: String, mac: String? = nil) async throws -> HostsRow {
        try await repository.addHost(
          id: id, address: address, net: nil, mac: mac, addresses: [], words: nil, flags: nil, opens: nil, spot: nil,
          labels: nil, busy: nil, context)
      }
      let full = try await repository.addHost(
        id: 1, address: "10.0.0.9", net: "10.0.0.0/8", mac: "08-00-2b-01-02-03", addresses: ["::1", "10.1.0.0/16"],
        words: "'a':1A 'b c':2", flags: "00000101", opens: "12:30:00+02", spot: "(1.5,-2)", labels: #""k"=>"NULL", "n"=>NULL"#,
        busy: "[08:00,16:00)", context)
      #expect(
        full == HostsRow(
            id: 1, address: "10.0.0.9", net: "10.0.0.0/8", mac: "08:00:2b:01:02:03", addresses: ["::1", "10.1.0.0/16"],
            words: "'a':1A 'b c':2", flags: "00000101", opens: "12:30:00+02", spot: "(1.5,-2)",
            labels: #""k"=>"NULL", "n"=>NULL"#, busy: "[08:00:00,16:00:00)"))
      let bare = try await add(2, "9.0.0.1")
      #expect(bare.net == nil && bare.labels == nil && bare.addresses == [])
      _ = try await add(3, "10.0.0.10", mac: "08:00:2b:01:02:03")
      // As text 10.… would come before 9.…, and 10.0.0.10 before 10.0.0.9.
      let all = try await repository.hostsOf(network: "0.0.0.0/0", limit: 10, context)
      #expect(all.map(\.id) == [2, 1, 3])
      let some = try await repository.hostsOf(network: "10.0.0.0/8", mac: "08002b010203", limit: 10, sort: .idDesc, context)
      #expect(some.map(\.address) == ["10.0.0.10", "10.0.0.9"])
      var seen: [String] = []
      try await repository.eachHost(context) { seen.append($0.address) }
      #expect(seen == ["10.0.0.9", "9.0.0.1", "10.0.0.10"])
      let moved = try await repository.moved([.init(address: "fe80::1/64", id: 2), .init(address: "::", id: 99)], context)
      #expect(moved == ["fe80::1/64", nil])
      let lists = try await repository.allAddresses(context)
      #expect(lists == .init(nets: ["10.0.0.0/8", nil, nil], addresses: ["10.0.0.9", "fe80::1/64", "10.0.0.10"]))
      do {
        _ = try await add(4, "10.0.0.256")
        Issue.record("no address was taken for one")
      } catch let error as SQLError {
        #expect(error.state == "22P02")
      }
      let copied = try await repository.copyHosts(
        [
          .init(
            id: 50, address: full.address, net: full.net, mac: full.mac, addresses: full.addresses, words: full.words,
            flags: full.flags, opens: full.opens, spot: full.spot, labels: full.labels, busy: full.busy),
          .init(
            id: 51, address: "::2", net: nil, mac: nil, addresses: [], words: nil, flags: nil, opens: nil, spot: nil,
            labels: nil, busy: nil),
        ], context)
      #expect(copied == 2)
      var same = full
      same.id = 50
      let found = try await repository.hostsOf(network: "::/0", limit: 9, context).filter { $0.id == 51 }
      #expect(found.map(\.address) == ["::2"])
      let twin = try await repository.hostsOf(network: "0.0.0.0/0", limit: 99, context).first { $0.id == 50 }
      #expect(twin == same)
      let refused = await #expect(throws: SQLError.self) {
        _ = try await repository.copyHosts(
          [
            .init(
              id: 52, address: "nowhere", net: nil, mac: nil, addresses: [], words: nil, flags: nil, opens: nil,
              spot: nil, labels: nil, busy: nil)
          ], context)
      }
      #expect(refused?.state == "22P02")
    }
  }

  @Test("names that Swift has already are columns, parameters and fields all the same")
  func names() async throws {
    let database = try PostgresDatabase(newDatabase(GoldenTypesSQL.Migrations.all).address, options: .patient)
    try await inRequest { context in
      let repository = NamesRepository(database)
      let odd = Odd(record: "r", bytes: 2, self_: true, sqlText_: "t", class: "c")
      let put = try await repository.putNames(
        row: 1, record: "record", default: "d", in: "i", init: nil, type: nil, dash: "-", first: "1", cd: "$", naïve: "ï",
        executor: "e", context: "c", odd: odd, context)
      #expect(put.row == 1 && put.record == "record" && put.default == "d" && put.executor == "e" && put.odd == odd)
      let rows = try await repository.rows(in: "i", sort: .record, context)
      #expect(rows == [.init(row: 1, record: "record", variant: "e", sort: "c", parameters: odd)])
    }
  }

  private static let moment = Instant(microseconds: 1_769_862_600_000_001)

  private static let rows: [EveryRow] = {
    var most = nothing
    most.id = 1
    most.aBool = true
    (most.aInt2, most.aInt4, most.aInt8) = (.max, .max, .max)
    (most.aFloat4, most.aFloat8) = (.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    most.aNumeric = SQLDecimal("12345678901234567890.0123456789")
    (most.aText, most.aVarchar, most.aChar) = ("häßlich'\"\\{}$1", "日本語", "ab   ")
    most.aBytea = [0, 255, 10]
    most.aUuid = UUID("0b1e7f3a-1c2d-4e5f-8a9b-0123456789ab")
    (most.aDate, most.aTime) = (SQLDate(year: -43, month: 3, day: 15), SQLTime("24:00"))
    most.aTimestamp = SQLDateTime(SQLDate("2026-01-31")!, SQLTime("12:30:00.5")!)
    most.aTimestamptz = moment
    most.aInterval = SQLInterval(months: -12, days: 3, microseconds: 14_706_500_000)
    (most.aJson, most.aJsonb) = (SQLJSON(text: "{\"a\" : 1}"), SQLJSONB(text: "{\"a\": [1, 2.50]}"))
    (most.aColour, most.aPercent) = (.darkGreen, 100)
    most.aPlace = Place(street: "Main \"St\" \\1", number: nil, zip: "a,b")
    most.aInt4range = SQLRange(1..<5)
    most.aTstzrange = .bounds(lower: .including(moment), upper: .unbounded)
    most.aNumrange = .bounds(lower: .excluding(SQLDecimal("1.5")!), upper: .including(2))
    (most.manyBool, most.manyInt8) = ([true, false], [.min, 0, .max])
    (most.manyText, most.manyVarchar) = (["", "NULL", "a,b", "\"\\"], ["x"])
    (most.manyNumeric, most.manyUuid) = ([0, SQLDecimal("-1.50")!], [UUID()])
    (most.manyTimestamptz, most.manyBytea) = ([moment], [[0, 255], []])
    (most.manyJsonb, most.manyColour, most.manyPercent) = ([SQLJSONB(text: "null")], [.red, .darkGreen], [0, 100])
    var least = nothing
    least.id = 2
    least.aBool = false
    (least.aInt2, least.aInt4, least.aInt8) = (.min, .min, .min)
    (least.aFloat4, least.aFloat8) = (-.infinity, 5e-324)
    least.aNumeric = SQLDecimal("-0.00000000000000000001")
    (least.aText, least.aVarchar, least.aChar) = ("", "", "     ")
    (least.aBytea, least.aUuid) = ([], UUID())
    (least.aDate, least.aTime) = (.minusInfinity, SQLTime("00:00"))
    (least.aTimestamp, least.aTimestamptz) = (SQLDateTime(microseconds: .max), Instant(microseconds: .min))
    least.aInterval = SQLInterval()
    least.aInt4range = .empty
    (least.manyBool, least.manyInt8, least.manyText, least.manyColour) = ([], [], [], [])
    var odd = nothing
    odd.id = 3
    (odd.aDate, odd.aTimestamptz, odd.aNumeric) = (.infinity, Instant(microseconds: .min), .nan)
    odd.aFloat8 = .nan
    return [most, least, odd]
  }()

  private static let nothing = EveryRow(
    id: 0, aBool: nil, aInt2: nil, aInt4: nil, aInt8: nil, aFloat4: nil, aFloat8: nil, aNumeric: nil, aText: nil,
    aVarchar: nil, aChar: nil, aBytea: nil, aUuid: nil, aDate: nil, aTime: nil, aTimestamp: nil, aTimestamptz: nil,
    aInterval: nil, aJson: nil, aJsonb: nil, aColour: nil, aPercent: nil, aPlace: nil, aInt4range: nil, aTstzrange: nil,
    aNumrange: nil, manyBool: nil, manyInt8: nil, manyText: nil, manyVarchar: nil, manyNumeric: nil, manyUuid: nil,
    manyTimestamptz: nil, manyBytea: nil, manyJsonb: nil, manyColour: nil, manyPercent: nil)
}

extension EveryRepository {
  fileprivate nonisolated(nonsending) func add(_ row: EveryRow, _ context: borrowing Context) async throws {
    try await addEvery(
      id: row.id, aBool: row.aBool, aInt2: row.aInt2, aInt4: row.aInt4, aInt8: row.aInt8, aFloat4: row.aFloat4,
      aFloat8: row.aFloat8, aNumeric: row.aNumeric, aText: row.aText, aVarchar: row.aVarchar, aChar: row.aChar,
      aBytea: row.aBytea, aUuid: row.aUuid, aDate: row.aDate, aTime: row.aTime, aTimestamp: row.aTimestamp,
      aTimestamptz: row.aTimestamptz, aInterval: row.aInterval, aJson: row.aJson, aJsonb: row.aJsonb,
      aColour: row.aColour, aPercent: row.aPercent, aPlace: row.aPlace, aInt4range: row.aInt4range,
      aTstzrange: row.aTstzrange, aNumrange: row.aNumrange, manyBool: row.manyBool, manyInt8: row.manyInt8,
      manyText: row.manyText, manyVarchar: row.manyVarchar, manyNumeric: row.manyNumeric, manyUuid: row.manyUuid,
      manyTimestamptz: row.manyTimestamptz, manyBytea: row.manyBytea, manyJsonb: row.manyJsonb,
      manyColour: row.manyColour, manyPercent: row.manyPercent, context)
  }
}
