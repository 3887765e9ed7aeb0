// The same four operations by net/http and pgx with its pool, on one core unless GOMAXPROCS says otherwise.
//
//	peer PORT DATABASE CONNECTIONS
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

type user struct {
	ID      int32  `json:"id"`
	Name    string `json:"name"`
	Balance int32  `json:"balance"`
}

var pool *pgxpool.Pool

func answer(w http.ResponseWriter, value any, err error) {
	if errors.Is(err, pgx.ErrNoRows) {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

func route(prefix, method string, do func(context.Context, int32) (any, error)) {
	http.HandleFunc(prefix, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		id, err := strconv.ParseInt(r.URL.Path[len(prefix):], 10, 32)
		if err != nil {
			http.Error(w, "not a number", http.StatusBadRequest)
			return
		}
		value, err := do(r.Context(), int32(id))
		answer(w, value, err)
	})
}

func read(ctx context.Context, id int32) (any, error) {
	var u user
	err := pool.QueryRow(ctx, "SELECT id, name, balance FROM bench_users WHERE id = $1", id).
		Scan(&u.ID, &u.Name, &u.Balance)
	return u, err
}

func list(ctx context.Context, id int32) (any, error) {
	rows, err := pool.Query(ctx, "SELECT id, name, balance FROM bench_users WHERE id >= $1 ORDER BY id LIMIT 20", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	users := make([]user, 0, 20)
	for rows.Next() {
		var u user
		if err := rows.Scan(&u.ID, &u.Name, &u.Balance); err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, rows.Err()
}

func number(sql string) func(context.Context, int32) (any, error) {
	return func(ctx context.Context, id int32) (any, error) {
		var answer struct {
			Value int32 `json:"value"`
		}
		err := pool.QueryRow(ctx, sql, id).Scan(&answer.Value)
		return answer, err
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: peer PORT DATABASE CONNECTIONS")
	}
	var err error
	pool, err = pgxpool.Connect(context.Background(), fmt.Sprintf("%s&pool_max_conns=%s", os.Args[2], os.Args[3]))
	if err != nil {
		log.Fatal(err)
	}
	route("/read/", "GET", read)
	route("/list/", "GET", list)
	route("/insert/", "POST",
		number("INSERT INTO bench_events (user_id, note) VALUES ($1, 'from the bench') RETURNING id"))
	route("/update/", "POST",
		number("UPDATE bench_users SET balance = balance + 1 WHERE id = $1 RETURNING balance"))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
